-- Originals and open quarantine entries whose row the ledger does not know.
SELECT
    ori.source_table,
    ori.source_id,
    ori.organization_id::text,
    TRUE AS is_original
FROM atlas.originals AS ori
WHERE NOT EXISTS (
    SELECT 1 FROM atlas.migration_ledger AS led
    WHERE led.source_table = ori.source_table AND led.source_id = ori.source_id
)
UNION ALL
SELECT
    qua.source_table,
    qua.source_id,
    qua.organization_id::text,
    FALSE AS is_original
FROM atlas.quarantine AS qua
WHERE
    qua.resolved_at IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM atlas.migration_ledger AS led
        WHERE
            led.source_table = qua.source_table
            AND led.source_id = qua.source_id
            AND led.outcome = 'quarantined'
    )
