-- Starts executions of published workflows in the order of their places, each pinned to its version; who is enrolled already
-- is passed over. What is over a limit is queued for the first window that has room; where a workflow may have so many under
-- way at once, each waits for a place, except one that another execution waits for: that could wait for ever.
WITH asked AS MATERIALIZED (
    SELECT a.*
    FROM json_to_recordset(%(starts)s) AS a (
        place integer, organization_id uuid, execution_id uuid, workflow_id uuid, subject text, anchor text, triggered_by text,
        priority smallint, document json, starter json, is_owed boolean
    )
),
accepted AS (
    SELECT a.*, w.published_version, w.at_once, w.at_once IS NULL OR a.starter IS NOT NULL AS admitted
    FROM asked AS a
    INNER JOIN atlas.workflows AS w ON w.id = a.workflow_id AND w.organization_id = a.organization_id
    WHERE w.published_version IS NOT NULL
        AND (
            w.status = 'active'
            -- Given back with the old meaning: its status is its translation's again, and what it owes starts all the same.
            OR a.is_owed AND w.status <> 'archived' AND EXISTS (
                SELECT FROM atlas.workflow_versions AS v
                WHERE v.organization_id = w.organization_id AND v.workflow_id = w.id AND v.version = w.published_version
                    AND v.executor = 'atlas_legacy'
            )
        )
        AND (w.owner <> 'legacy_app' OR a.triggered_by = 'workflow' OR a.is_owed)
    -- Whoever pauses or archives the workflow comes before or behind, never in between.
    FOR SHARE OF w
),
enrolled AS (
    INSERT INTO atlas.enrolments (organization_id, workflow_id, subject, anchor, execution_id)
    SELECT a.organization_id, a.workflow_id, a.subject, a.anchor, a.execution_id
    FROM accepted AS a
    ON CONFLICT DO NOTHING
    RETURNING organization_id, execution_id
),
begun AS (
    SELECT a.*
    FROM accepted AS a
    INNER JOIN enrolled AS e ON e.organization_id = a.organization_id AND e.execution_id = a.execution_id
    ORDER BY a.place
),
executions AS (
    INSERT INTO atlas.workflow_executions (
        id, organization_id, workflow_id, workflow_version, subject, status, triggered_by, trigger_data, started_by
    )
    SELECT
        b.execution_id, b.organization_id, b.workflow_id, b.published_version, b.subject, 'queued', b.triggered_by,
        (b.document -> 'data' -> 'trigger')::jsonb, pg_current_xact_id()::text::bigint
    FROM begun AS b
),
states AS (
    INSERT INTO atlas.execution_states (
        organization_id, execution_id, workflow_id, workflow_version, subject, document, starter_id,
        starter
    )
    SELECT
        b.organization_id, b.execution_id, b.workflow_id, b.published_version, b.subject, b.document,
        (b.starter ->> 'execution')::uuid, b.starter
    FROM begun AS b
),
limited AS MATERIALIZED (
    SELECT b.execution_id, atlas.take_start_slot(b.organization_id, b.workflow_id, now()) AS begins_at
    FROM begun AS b
    WHERE EXISTS (
        SELECT FROM atlas.workflow_rate_limits AS r
        WHERE r.organization_id = b.organization_id AND (r.workflow_id IS NULL OR r.workflow_id = b.workflow_id)
            AND r.is_active
    )
),
queued AS (
    INSERT INTO atlas.workflow_execution_queue (
        organization_id, execution_id, priority, ready, due_at, waits_for, counted_for, admitted
    )
    SELECT
        b.organization_id, b.execution_id, b.priority, l.begins_at IS NULL AND b.admitted, l.begins_at,
        CASE WHEN l.begins_at IS NOT NULL THEN 'rate_limit' WHEN NOT b.admitted THEN 'concurrency' END,
        CASE WHEN b.at_once IS NOT NULL THEN b.workflow_id END, b.admitted
    FROM begun AS b
    LEFT JOIN limited AS l ON l.execution_id = b.execution_id
    ORDER BY b.place
)
SELECT
    a.execution_id::text,
    CASE
        WHEN b.execution_id IS NOT NULL THEN 'started'
        WHEN c.execution_id IS NOT NULL THEN 'enrolled'
        ELSE 'refused'
    END
FROM asked AS a
LEFT JOIN accepted AS c ON c.execution_id = a.execution_id
LEFT JOIN begun AS b ON b.execution_id = a.execution_id
