-- Begins locked executions anew on another version, and notes why.
WITH fallen AS MATERIALIZED (
    SELECT f.*
    FROM json_to_recordset(%(fallen)s) AS f (
        organization_id uuid, execution_id uuid, started_at timestamptz, workflow_id uuid, from_version integer,
        to_version integer, recorded integer, document json, node_id text, error_class text, message text
    )
),
noted AS (
    INSERT INTO atlas.fallbacks (
        organization_id, execution_id, workflow_id, from_version, to_version, node_id, error_class, message
    )
    SELECT
        f.organization_id, f.execution_id, f.workflow_id, f.from_version, f.to_version, f.node_id, f.error_class, f.message
    FROM fallen AS f
),
kept AS (
    UPDATE atlas.execution_states AS s
    SET workflow_version = f.to_version, document = f.document, recorded = f.recorded, begun = false
    FROM fallen AS f
    WHERE s.organization_id = f.organization_id AND s.execution_id = f.execution_id
),
ready AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = true, again = false, leased = false, due_at = NULL
    FROM fallen AS f
    WHERE q.organization_id = f.organization_id AND q.execution_id = f.execution_id
),
silenced AS (
    DELETE FROM atlas.wait_subscriptions AS w
    USING fallen AS f
    WHERE w.organization_id = f.organization_id AND w.execution_id = f.execution_id
),
told AS (
    DELETE FROM atlas.execution_inbox AS i
    USING json_to_recordset(%(told)s) AS r (organization_id uuid, execution_id uuid, id bigint)
    WHERE i.organization_id = r.organization_id AND i.execution_id = r.execution_id AND i.id = r.id
)
UPDATE atlas.workflow_executions AS e
SET workflow_version = f.to_version
FROM fallen AS f
WHERE e.id = f.execution_id AND e.organization_id = f.organization_id AND e.started_at = f.started_at
    AND e.started_at = ANY(%(days)s::timestamptz[])
