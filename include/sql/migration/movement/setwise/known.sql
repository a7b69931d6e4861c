-- The hash of its inputs under which the ledger knows a row; none for what was deleted at the source, rolled back or lost its
-- original, which is written anew, by Python.
SELECT
    CASE
        WHEN
            ledger.source_deleted_at IS NULL AND ledger.rolled_back_at IS NULL
            AND EXISTS (
                SELECT FROM atlas.originals AS kept
                WHERE kept.source_table = ledger.source_table AND kept.source_id = ledger.source_id
            )
            THEN coalesce(ledger.inputs_hash, '')
        ELSE ''
    END
FROM atlas.migration_ledger AS ledger
WHERE ledger.source_table = {name} AND ledger.source_id = source.of_key::text
