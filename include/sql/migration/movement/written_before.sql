-- Source rows the ledger knows at all, those deleted at the source or rolled back included.
SELECT source_id, inputs_hash, target_hash, rolled_back_at IS NOT NULL
FROM atlas.migration_ledger
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
