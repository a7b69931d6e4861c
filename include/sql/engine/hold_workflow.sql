-- Holds the live executions of a workflow while it is paused, and their effects; one that is being sent only where it comes
-- back unsent. What a worker has in hand is taken from it: its claim is stale, it writes nothing.
WITH live AS MATERIALIZED (
    SELECT q.organization_id, q.execution_id, q.waits_for
    FROM atlas.execution_states AS s
    INNER JOIN atlas.workflow_execution_queue AS q
        ON q.organization_id = s.organization_id AND q.execution_id = s.execution_id
    WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
        AND EXISTS (
            SELECT FROM atlas.workflows AS w
            WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s AND w.status = %(status)s
        )
    ORDER BY q.organization_id, q.execution_id
    FOR UPDATE OF q
),
states AS (
    UPDATE atlas.execution_states AS s
    SET held_at = coalesce(%(now)s, now()), resumed_at = NULL
    FROM live AS l
    WHERE s.organization_id = l.organization_id AND s.execution_id = l.execution_id
        AND l.waits_for IS DISTINCT FROM 'workflow_paused'
),
effects AS (
    UPDATE atlas.effects AS e
    SET waits_for = 'workflow_paused'
    FROM live AS l
    WHERE e.organization_id = l.organization_id AND e.execution_id = l.execution_id
        AND e.status IN ('intended', 'held', 'dispatching', 'unknown')
)
UPDATE atlas.workflow_execution_queue AS q
SET again = q.again OR q.ready OR q.leased, ready = false, leased = false, waits_for = 'workflow_paused'
FROM live AS l
WHERE q.organization_id = l.organization_id AND q.execution_id = l.execution_id
