-- Remove the rows of a table that the phase made of source rows, as its ledger entries say; {table} is an identifier.
DELETE FROM {table} AS made
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
