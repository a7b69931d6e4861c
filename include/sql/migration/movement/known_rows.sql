-- Input hashes of these source rows as of the last time they were written, to tell which of them changed since.
-- A row whose original is gone (deleted because the key that sealed it was lost) counts as never written.
SELECT
    ledger.source_id,
    ledger.inputs_hash
FROM atlas.migration_ledger AS ledger
WHERE
    ledger.source_table = %(source_table)s
    AND ledger.source_id = any(%(ids)s)
    AND ledger.source_deleted_at IS NULL
    AND ledger.rolled_back_at IS NULL
    AND EXISTS (
        SELECT 1
        FROM atlas.originals AS kept
        WHERE kept.source_table = ledger.source_table AND kept.source_id = ledger.source_id
    )
