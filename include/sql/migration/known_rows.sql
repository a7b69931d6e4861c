-- Input hashes of these source rows as of the last time they were written, to tell which of them changed since.
SELECT source_id, inputs_hash
FROM atlas.migration_ledger
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
    AND source_deleted_at IS NULL
    AND rolled_back_at IS NULL
