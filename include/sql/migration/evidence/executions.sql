-- Executions per workflow and by what they say started them, in one pass. Pending ones that nobody ever picked up are no
-- evidence. Names in braces are columns that the table has, else NULL.
SELECT
    execution.workflow_id,
    execution.mark,
    count(*) AS executions,
    count(*) FILTER (WHERE execution.has_failed) AS failed,
    count(*) FILTER (WHERE execution.is_recent) AS recently,
    count(DISTINCT execution.subject) FILTER (WHERE execution.is_recent) AS subjects,
    max(execution.started_at) FILTER (WHERE execution.started_at <= %(until)s) AS last_started_at
FROM (
    SELECT
        told.workflow_id,
        told.started_at,
        told.status IN ('failed', 'error') AS has_failed,
        coalesce(told.started_at > %(since)s AND told.started_at <= %(until)s, false) AS is_recent,
        CASE
            WHEN
                told.starter IN (
                    'manual', 'manual_run', 'manual_trigger', 'manual_execution', 'user', 'admin', 'test', 'test_run', 'api'
                )
                OR told.starter ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'
                OR told.starter LIKE '%%@%%'
                OR told.document ->> 'manual' = 'true'
                OR told.document ->> 'test' = 'true'
                OR told.document ->> 'isTest' = 'true'
                OR lower(coalesce(told.document ->> 'triggeredBy', told.document ->> 'type', '')) IN ('manual', 'test')
                THEN 'hand'
            WHEN told.starter IN ('lead_created', 'form_submitted', 'webhook', 'scheduled') THEN told.starter
            ELSE 'event'
        END AS mark,
        coalesce(
            told.document ->> 'leadId', told.document ->> 'lead_id', told.document ->> 'contactId',
            told.document ->> 'contact_id', told.document -> 'lead' ->> 'id', told.document -> 'contact' ->> 'id',
            told.document ->> 'email'
        ) AS subject
    FROM (
        SELECT
            source.workflow_id::text AS workflow_id,
            {started}::timestamptz AS started_at,
            lower({status}::text) AS status,
            lower(btrim({starter}::text)) AS starter,
            {document} AS document
        FROM {table} AS source
        WHERE source.workflow_id IS NOT NULL
    ) AS told
    WHERE told.status IS NULL OR told.status NOT IN ('pending', 'queued', 'waiting')
) AS execution
GROUP BY execution.workflow_id, execution.mark
