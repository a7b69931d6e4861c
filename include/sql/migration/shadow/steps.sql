-- Steps of some executions from the table of steps, in the order in which they began. {type} is that of execution_id.
SELECT
    source.execution_id::text AS execution_id,
    source.node_id::text AS node_id,
    source.status::text AS status,
    {error}::text AS error,
    coalesce({ended}::text, {started}::text, {created}::text) AS at
FROM {table} AS source
WHERE source.execution_id = ANY(%(ids)s::{type} [])
ORDER BY source.execution_id, {started} NULLS LAST, {created} NULLS LAST, source.ctid
