-- Ledger entries with what the target suite looks at.
SELECT
    led.source_table,
    led.source_id,
    led.organization_id::text AS organization_id,
    led.outcome,
    CASE WHEN ori.source_id IS NULL THEN 'no' ELSE 'yes' END AS has_original,
    CASE
        WHEN
            led.outcome IN ('migrated_with_warnings', 'quarantined', 'skipped')
            AND led.reasons = '[]'
            AND led.changes = '[]'
            THEN 'no'
        ELSE 'yes'
    END AS explained
FROM atlas.migration_ledger AS led
LEFT JOIN atlas.originals AS ori ON led.source_table = ori.source_table AND led.source_id = ori.source_id
WHERE
    led.source_deleted_at IS NULL
    AND (%(organizations)s::text [] IS NULL OR led.organization_id::text = any(%(organizations)s::text []))
