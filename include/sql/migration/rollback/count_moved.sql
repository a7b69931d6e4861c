-- How many rows of a table the phase made of source rows, as its ledger entries say; {table} is an identifier.
SELECT count(*)
FROM {table} AS made
WHERE
    EXISTS (
        SELECT 1
        FROM atlas.migration_ledger AS ledger
        WHERE
            ledger.source_table = made.source_table
            AND ledger.source_id = made.source_id
            AND ledger.phase = %(phase)s
    )
    AND (%(organizations)s::text [] IS NULL OR made.organization_id = any(%(organizations)s::uuid []))
