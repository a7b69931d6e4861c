-- By organization: the phase runs that wrote what the ledger holds now.
SELECT
    organization_id::text,
    array_agg(DISTINCT phase_run_id::text ORDER BY phase_run_id::text) AS runs
FROM atlas.migration_ledger
WHERE organization_id IS NOT NULL AND phase_run_id IS NOT NULL
GROUP BY organization_id
