-- An organization of middling size: half of the others moved less history.
SELECT organization_id::text AS id
FROM (
    SELECT
        organization_id,
        ntile(2) OVER (ORDER BY count(*), organization_id) AS half
    FROM atlas.migration_ledger
    WHERE organization_id IS NOT NULL AND source_table = 'workflow_executions'
    GROUP BY organization_id
) AS counted
WHERE half = 2
ORDER BY organization_id
LIMIT 1
