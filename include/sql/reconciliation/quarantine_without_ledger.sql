-- Open quarantine entries whose row the ledger does not know, or knows to be anything else than quarantined.
SELECT
    qua.source_table,
    qua.source_id,
    qua.organization_id::text
FROM atlas.quarantine AS qua
WHERE
    qua.resolved_at IS NULL
    AND (%(organizations)s::uuid [] IS NULL OR qua.organization_id = any(%(organizations)s::uuid []))
    AND NOT EXISTS (
        SELECT 1 FROM atlas.migration_ledger AS led
        WHERE
            led.source_table = qua.source_table
            AND led.source_id = qua.source_id
            AND led.outcome = 'quarantined'
    )
