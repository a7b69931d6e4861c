-- Parks an execution that the old application left waiting, on the version with the old meaning; one that is here already is
-- left alone.
WITH enrolled AS (
    INSERT INTO atlas.enrolments (organization_id, workflow_id, subject, anchor, execution_id)
    VALUES (%(organization)s, %(workflow)s, %(subject)s, %(anchor)s, %(execution)s)
    ON CONFLICT DO NOTHING
    RETURNING organization_id, workflow_id, execution_id
),

executions AS (
    INSERT INTO atlas.workflow_executions (
        id, organization_id, workflow_id, workflow_version, subject, status, triggered_by, trigger_data
    )
    SELECT
        e.execution_id, e.organization_id, e.workflow_id, %(version)s, %(subject)s, 'running', 'legacy_wait', %(trigger)s::jsonb
    FROM enrolled AS e
),

states AS (
    INSERT INTO atlas.execution_states (
        organization_id, execution_id, workflow_id, workflow_version, subject, begun, document
    )
    SELECT e.organization_id, e.execution_id, e.workflow_id, %(version)s, %(subject)s, true, %(document)s::json
    FROM enrolled AS e
),

queued AS (
    INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, priority, ready, due_at)
    SELECT e.organization_id, e.execution_id, 5, false, %(due_at)s
    FROM enrolled AS e
)

SELECT count(*)::integer FROM enrolled
