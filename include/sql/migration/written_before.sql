-- Source rows the ledger knows at all, those deleted at the source or rolled back included.
SELECT source_id, target_hash
FROM atlas.migration_ledger
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
