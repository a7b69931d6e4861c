-- How many executions of a workflow are under way, by version.
SELECT s.workflow_version AS version, count(*) AS executions
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
GROUP BY s.workflow_version
ORDER BY s.workflow_version
