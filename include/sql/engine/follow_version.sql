-- Pins locked live executions to another version. What a worker has in hand is taken from it, so that nothing of the old
-- version is written behind it.
WITH claims AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = true, leased = false, again = false
    WHERE q.organization_id = %(organization)s AND q.execution_id = ANY(%(executions)s::uuid[]) AND q.leased
),
states AS (
    UPDATE atlas.execution_states AS s
    SET workflow_version = %(version)s
    WHERE s.organization_id = %(organization)s AND s.execution_id = ANY(%(executions)s::uuid[])
    RETURNING s.execution_id, s.started_at
)
UPDATE atlas.workflow_executions AS e
SET workflow_version = %(version)s
FROM states AS s
WHERE e.organization_id = %(organization)s AND e.id = s.execution_id AND e.started_at = s.started_at
