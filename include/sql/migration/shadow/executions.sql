-- Executions of some workflows within the window but for those with a status in `ended`, the newest of each first. Names in braces are columns that the table
-- has, else NULL; {type} is that of workflow_id, so that its index serves.
SELECT
    source.workflow_id::text AS workflow_id,
    source.id::text AS id,
    {status}::text AS status,
    {started}::timestamptz AS started_at,
    {starter}::text AS starter,
    {document}::text AS event,
    {context}::text AS context,
    {error}::text AS error,
    {steps}::text AS steps
FROM {table} AS source
WHERE source.workflow_id = ANY(%(ids)s::{type} [])
    AND {started} > %(since)s AND {started} <= %(until)s
    AND NOT coalesce(lower({status}::text) = ANY(%(ended)s::text []), false)
ORDER BY source.workflow_id, {started} DESC, source.id
