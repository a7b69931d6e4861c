-- Remove the rows of a table that were made of no source row that the ledger knows; {table} is an identifier.
DELETE FROM {table} AS made
WHERE
    NOT EXISTS (
        SELECT 1
        FROM atlas.migration_ledger AS ledger
        WHERE ledger.source_table = made.source_table AND ledger.source_id = made.source_id
    )
    AND (%(organizations)s::text [] IS NULL OR made.organization_id = any(%(organizations)s::uuid []))
