-- Failed executions by what made them fail, the largest group first.
SELECT
    left(encode(sha256(convert_to(concat_ws(chr(31), d.error_class, d.node_type, d.pattern), 'UTF8')), 'hex'), 32) AS cause,
    d.error_class, d.node_type, d.pattern, count(*) AS executions, count(DISTINCT d.workflow_id) AS workflows,
    min(d.failed_at) AS first_at, max(d.failed_at) AS last_at,
    (array_agg(d.execution_id::text ORDER BY d.failed_at DESC))[1] AS example
FROM atlas.dead_letters AS d
WHERE d.organization_id = %(organization)s AND (%(workflow)s::uuid IS NULL OR d.workflow_id = %(workflow)s::uuid)
    AND (
        %(cause)s::text IS NULL
        OR left(encode(sha256(convert_to(concat_ws(chr(31), d.error_class, d.node_type, d.pattern), 'UTF8')), 'hex'), 32) = %(cause)s::text
    )
    AND (%(since)s::timestamptz IS NULL OR d.failed_at >= %(since)s::timestamptz)
GROUP BY d.error_class, d.node_type, d.pattern
ORDER BY executions DESC, d.error_class, d.node_type, d.pattern
LIMIT %(limit)s
