-- The failed executions of one cause, the oldest first.
SELECT d.execution_id::text
FROM atlas.dead_letters AS d
WHERE d.organization_id = %(organization)s AND d.error_class = %(error_class)s
    AND (%(node_type)s::text IS NULL OR d.node_type = %(node_type)s::text)
    AND (%(pattern)s::text IS NULL OR d.pattern = %(pattern)s::text)
    AND (%(workflow)s::uuid IS NULL OR d.workflow_id = %(workflow)s::uuid)
    AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
ORDER BY d.failed_at, d.execution_id
LIMIT %(limit)s
