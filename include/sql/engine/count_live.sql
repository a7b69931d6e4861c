-- How many executions of a workflow are live.
SELECT count(*)
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
