-- How many executions began since a moment, by how they stand.
SELECT e.status, count(*) AS executions
FROM atlas.workflow_executions AS e
WHERE
    e.started_at >= %(since)s AND e.source_table IS NULL
    AND (%(organizations)s::uuid [] IS NULL OR e.organization_id = ANY(%(organizations)s))
GROUP BY e.status
ORDER BY e.status
