-- Executions per workflow and by what they say started them, in one pass. Pending ones that nobody ever picked up are no
-- evidence. Names in braces are columns that the table has, else NULL. Grouped by subject first, because counting
-- distinct subjects any other way sorts the whole table.
SELECT
    subject.workflow_id::text AS workflow_id,
    subject.mark,
    sum(subject.executions)::bigint AS executions,
    sum(subject.failed)::bigint AS failed,
    sum(subject.recently)::bigint AS recently,
    count(subject.name) AS subjects,
    max(subject.last_started_at) AS last_started_at
FROM (
    SELECT
        execution.workflow_id,
        execution.mark,
        CASE
            WHEN execution.is_recent
                THEN coalesce(
                    execution.document ->> 'leadId', execution.document ->> 'lead_id', execution.document ->> 'contactId',
                    execution.document ->> 'contact_id', execution.document -> 'lead' ->> 'id',
                    execution.document -> 'contact' ->> 'id', execution.document ->> 'email'
                )
        END AS name,
        count(*) AS executions,
        count(*) FILTER (WHERE execution.status IN ('failed', 'error')) AS failed,
        count(*) FILTER (WHERE execution.is_recent) AS recently,
        max(execution.started_at) FILTER (WHERE execution.started_at <= %(until)s) AS last_started_at
    FROM (
        SELECT
            told.workflow_id,
            told.started_at,
            told.status,
            told.document,
            coalesce(told.started_at > %(since)s AND told.started_at <= %(until)s, false) AS is_recent,
            CASE
                WHEN
                    told.starter IN (
                        'manual', 'manual_run', 'manual_trigger', 'manual_execution', 'user', 'admin', 'test', 'test_run',
                        'api'
                    )
                    OR told.starter ~ '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$'
                    OR told.starter LIKE '%%@%%'
                    THEN 'hand'
                WHEN
                    told.document ?| ARRAY['manual', 'test', 'isTest', 'triggeredBy', 'type']
                    AND (
                        told.document ->> 'manual' = 'true'
                        OR told.document ->> 'test' = 'true'
                        OR told.document ->> 'isTest' = 'true'
                        OR lower(coalesce(told.document ->> 'triggeredBy', told.document ->> 'type', '')) IN ('manual', 'test')
                    )
                    THEN 'hand'
                WHEN told.starter IN ('lead_created', 'form_submitted', 'webhook', 'scheduled') THEN told.starter
                ELSE 'event'
            END AS mark
        FROM (
            SELECT
                source.workflow_id,
                {started}::timestamptz AS started_at,
                lower({status}::text) AS status,
                lower(btrim({starter}::text)) AS starter,
                {document} AS document
            FROM {table} AS source
            WHERE source.workflow_id IS NOT NULL
        ) AS told
        WHERE told.status IS NULL OR told.status NOT IN ('pending', 'queued', 'waiting')
    ) AS execution
    GROUP BY 1, 2, 3
) AS subject
GROUP BY subject.workflow_id, subject.mark
