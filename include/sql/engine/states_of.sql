-- Where some live executions stand; their entries of the queue are locked.
SELECT s.execution_id::text AS execution, s.workflow_version AS version, s.subject, s.begun, s.document::text AS document
FROM unnest(%(executions)s::uuid[]) AS x (execution_id)
INNER JOIN atlas.execution_states AS s ON s.organization_id = %(organization)s AND s.execution_id = x.execution_id
ORDER BY s.execution_id
