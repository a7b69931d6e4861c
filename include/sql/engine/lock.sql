-- Locks entries of the queue, always in the same order, and says who holds them.
SELECT q.organization_id::text, q.execution_id::text, q.fencing, q.leased
FROM json_to_recordset(%(executions)s) AS x (organization_id uuid, execution_id uuid)
INNER JOIN atlas.workflow_execution_queue AS q
    ON q.organization_id = x.organization_id AND q.execution_id = x.execution_id
ORDER BY q.organization_id, q.execution_id
FOR UPDATE OF q
