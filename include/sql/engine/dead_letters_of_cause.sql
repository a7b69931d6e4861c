-- The failed executions of one cause, the latest first, behind a place given.
SELECT
    d.execution_id::text AS execution, d.workflow_id::text AS workflow, d.workflow_version AS version, d.subject,
    d.node_id AS node, d.message, d.failed_at
FROM atlas.dead_letters AS d
WHERE d.organization_id = %(organization)s AND d.error_class = %(error_class)s AND d.node_type = %(node_type)s
    AND d.pattern = %(pattern)s
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (d.failed_at, d.execution_id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
ORDER BY d.failed_at DESC, d.execution_id DESC
LIMIT %(limit)s
