-- Failed executions by what made them fail, the largest group first.
SELECT
    d.error_class, d.node_type, d.pattern, count(*) AS executions, count(DISTINCT d.workflow_id) AS workflows,
    min(d.failed_at) AS first_at, max(d.failed_at) AS last_at,
    (array_agg(d.execution_id::text ORDER BY d.failed_at DESC))[1] AS example
FROM atlas.dead_letters AS d
WHERE d.organization_id = %(organization)s AND (%(workflow)s::uuid IS NULL OR d.workflow_id = %(workflow)s::uuid)
    AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
GROUP BY d.error_class, d.node_type, d.pattern
ORDER BY executions DESC, d.error_class, d.node_type, d.pattern
LIMIT %(limit)s
