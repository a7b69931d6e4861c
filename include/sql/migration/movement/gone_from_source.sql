-- Ledger entries whose source row no longer exists. {source} and {key} are the legacy table and its key.
SELECT ledger.source_id
FROM atlas.migration_ledger AS ledger
WHERE ledger.source_table = %(source_table)s
    AND ledger.source_deleted_at IS NULL
    AND (%(organizations)s::text[] IS NULL OR ledger.organization_id::text = ANY(%(organizations)s::text[]))
    AND NOT EXISTS (SELECT 1 FROM {source} AS source WHERE source.{key}::text = ledger.source_id)
