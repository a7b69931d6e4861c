-- How many executions of a workflow began since an instant.
SELECT count(*) AS starts
FROM atlas.workflow_executions AS e
WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s AND e.started_at >= %(since)s
