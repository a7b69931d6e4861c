-- Rows per source table and outcome.
SELECT source_table, outcome, count(*)
FROM atlas.migration_ledger
WHERE phase = %(phase)s
    AND source_deleted_at IS NULL
    AND rolled_back_at IS NULL
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
GROUP BY source_table, outcome
ORDER BY source_table, outcome
