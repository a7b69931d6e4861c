-- By what the last executions of a workflow were started since an instant, the latest first.
SELECT e.id::text AS execution, e.subject, e.triggered_by, e.trigger_data::text AS trigger_data, e.started_at
FROM atlas.workflow_executions AS e
WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s AND e.started_at >= %(since)s
ORDER BY e.started_at DESC, e.id DESC
LIMIT %(most)s
