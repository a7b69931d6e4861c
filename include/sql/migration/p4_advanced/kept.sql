-- What phase 4 wrote down about schedules: of organizations, or all.
SELECT
    kept.organization_id::text,
    kept.workflow_id::text,
    kept.trigger_key AS trigger,
    kept.legacy_id,
    coalesce(w.name, '') AS name,
    kept.standing,
    kept.why,
    kept.timezone,
    kept.words,
    kept.fire_times::text,
    kept.activated_at
FROM atlas.schedule_activations AS kept
LEFT JOIN atlas.workflows AS w ON kept.organization_id = w.organization_id AND kept.workflow_id = w.id
WHERE %(organizations)s::text [] IS NULL OR kept.organization_id::text = any(%(organizations)s::text [])
ORDER BY kept.organization_id, w.name, kept.workflow_id, kept.trigger_key
