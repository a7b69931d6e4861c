-- Live executions of workflows, as organization and execution.
SELECT s.organization_id::text, s.execution_id::text
FROM atlas.execution_states AS s
WHERE s.workflow_id = any(%(workflows)s::uuid [])
ORDER BY s.organization_id, s.execution_id
