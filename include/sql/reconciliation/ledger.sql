-- Ledger entry, original and quarantine entry of the given source rows, whichever of them exist.
SELECT
    given.id,
    led.source_id IS NOT NULL AND led.source_deleted_at IS NULL AS has_ledger,
    led.organization_id::text AS organization_id,
    led.outcome,
    led.reasons::text AS reasons,
    led.changes::text AS changes,
    led.source_hash,
    led.target_hash,
    ori.source_id IS NOT NULL AS has_original,
    ori.organization_id::text AS original_organization_id,
    ori.content,
    ori.sealed,
    ori.content_hash,
    qua.source_id IS NOT NULL AND qua.resolved_at IS NULL AS is_quarantined,
    qua.organization_id::text AS quarantine_organization_id,
    qua.reasons::text AS quarantine_reasons,
    EXISTS (
        SELECT 1
        FROM atlas.captured_changes AS cap
        WHERE cap.source_table = %(table)s AND cap.source_id = given.id
    ) AS is_pending
FROM unnest(%(ids)s::text []) AS given (id)
LEFT JOIN atlas.migration_ledger AS led ON led.source_table = %(table)s AND given.id = led.source_id
LEFT JOIN atlas.originals AS ori ON ori.source_table = %(table)s AND given.id = ori.source_id
LEFT JOIN atlas.quarantine AS qua ON qua.source_table = %(table)s AND given.id = qua.source_id
