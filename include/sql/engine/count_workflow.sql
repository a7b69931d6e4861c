-- Lets the live executions of a workflow count against the number that may be under way at once, where it has just got one.
WITH live AS MATERIALIZED (
    SELECT q.organization_id, q.execution_id
    FROM atlas.execution_states AS s
    INNER JOIN atlas.workflow_execution_queue AS q
        ON q.organization_id = s.organization_id AND q.execution_id = s.execution_id
    WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s AND q.counted_for IS NULL
        AND EXISTS (
            SELECT FROM atlas.workflows AS w
            WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s AND w.at_once IS NOT NULL
        )
    ORDER BY q.organization_id, q.execution_id
    FOR UPDATE OF q
)
UPDATE atlas.workflow_execution_queue AS q
SET counted_for = %(workflow)s
FROM live AS l
WHERE q.organization_id = l.organization_id AND q.execution_id = l.execution_id
