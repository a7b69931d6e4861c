-- Lets the held executions of a workflow and their effects go on while it is in the state given; what came meanwhile wakes
-- them.
WITH held AS MATERIALIZED (
    SELECT q.organization_id, q.execution_id
    FROM atlas.execution_states AS s
    INNER JOIN atlas.workflow_execution_queue AS q
        ON q.organization_id = s.organization_id AND q.execution_id = s.execution_id
    WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s AND q.waits_for = 'workflow_paused'
        AND EXISTS (
            SELECT FROM atlas.workflows AS w
            WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s AND w.status = %(status)s
        )
    ORDER BY q.organization_id, q.execution_id
    FOR UPDATE OF q
),
states AS (
    UPDATE atlas.execution_states AS s
    SET resumed_at = coalesce(%(now)s, now())
    FROM held AS h
    WHERE s.organization_id = h.organization_id AND s.execution_id = h.execution_id
),
effects AS (
    UPDATE atlas.effects AS e
    SET waits_for = NULL
    WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s AND e.waits_for IS NOT NULL
        AND EXISTS (
            SELECT FROM atlas.workflows AS w
            WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s AND w.status = %(status)s
        )
)
UPDATE atlas.workflow_execution_queue AS q
SET ready = q.again AND q.admitted, again = false,
    -- One that has no place among those at once waits on for it, after the window that it was given.
    waits_for = CASE WHEN NOT q.admitted THEN CASE WHEN q.due_at IS NULL THEN 'concurrency' ELSE 'rate_limit' END END
FROM held AS h
WHERE q.organization_id = h.organization_id AND q.execution_id = h.execution_id
