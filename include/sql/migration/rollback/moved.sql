-- The rows of a table that the phase made of source rows, as its ledger entries say. {act} counts or deletes them, {table}
-- is an identifier.
-- The first phase is not asked for: it is rolled back only where no other phase has rows, so all of them are its own,
-- and looking a million of them up would take four times as long as removing them.
{act} FROM {table} AS made
WHERE
    made.source_id IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR made.organization_id = any(%(organizations)s::uuid []))
    AND (
        %(is_first)s
        OR EXISTS (
            SELECT 1
            FROM atlas.migration_ledger AS ledger
            WHERE
                ledger.source_table = made.source_table
                AND ledger.source_id = made.source_id
                AND ledger.phase = %(phase)s
        )
    )
