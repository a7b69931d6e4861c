-- The share of executions that failed in the old application in the 30 days before a moment; 0 without any.
SELECT coalesce(avg(CASE WHEN e.status = 'failed' THEN 1.0 ELSE 0.0 END), 0)::float8
FROM atlas.workflow_executions AS e
WHERE
    e.organization_id = any(%(organizations)s::uuid [])
    AND e.source_table IS NOT NULL
    AND e.started_at < %(since)s
    AND e.started_at >= %(since)s - interval '30 days'
    AND e.completed_at IS NOT NULL
