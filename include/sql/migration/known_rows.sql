-- What the ledger says about these source rows, to tell which of them changed since.
SELECT source_id, inputs_hash, target_hash, outcome
FROM atlas.migration_ledger
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
    AND source_deleted_at IS NULL
    AND rolled_back_at IS NULL
