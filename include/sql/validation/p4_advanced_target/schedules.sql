-- Schedules of the old application that stand in the published version of an active workflow, with what must hold of them, and
-- whether the old application executes their workflow too. A name that its table lacks is found in `absent`, and is NULL there.
SELECT
    l.workflow_id::text AS workflow_id,
    l.trigger_key,
    l.organization_id::text AS organization_id,
    CASE
        WHEN found.owner = 'atlas_enhanced' AND NOT coalesce(legacy.is_on, false) THEN 'yes'
        WHEN found.owner IN ('legacy_app', 'atlas_legacy') AND kept.activated_at IS NULL THEN 'yes'
        ELSE 'no'
    END AS has_one_owner,
    CASE
        WHEN kept.activated_at IS NULL OR kept.standing <> 'wakes_up' THEN 'no'
        WHEN EXISTS (
            SELECT 1
            FROM atlas.sign_offs AS s
            INNER JOIN atlas.migration_ledger AS m ON s.source_hash = m.source_hash
            WHERE
                s.workflow_id = w.id AND s.voided_at IS NULL
                AND s.code IN ('NEVER_FIRED_IN_LEGACY', 'TRIGGER_CANNOT_FIRE', 'TRIGGER_NEVER_SEEN')
                AND m.source_table = w.source_table AND m.source_id = w.source_id
        ) THEN 'no'
        ELSE 'yes'
    END AS fires_unsigned,
    CASE WHEN kept.activated_at IS NULL OR kept.timezone <> '' THEN 'yes' ELSE 'no' END AS has_zone,
    CASE WHEN kept.workflow_id IS NULL THEN 'no' ELSE 'yes' END AS is_on_record
FROM atlas.listening_triggers AS l
INNER JOIN atlas.workflows AS w
    ON l.organization_id = w.organization_id AND l.workflow_id = w.id AND w.source_table = 'workflows'
CROSS JOIN LATERAL (SELECT atlas.execution_owner(l.workflow_id, l.trigger_key) AS owner) AS found
LEFT JOIN atlas.schedule_activations AS kept
    ON l.organization_id = kept.organization_id AND l.workflow_id = kept.workflow_id AND l.trigger_key = kept.trigger_key
LEFT JOIN (
    SELECT
        told.id,
        coalesce(lower(told.status) IN ('active', 'enabled', 'published') OR told.is_active OR told.active, false) AS is_on
    FROM (
        SELECT
            NULL::text AS status,
            NULL::boolean AS is_active,
            NULL::boolean AS active
    ) AS absent
    CROSS JOIN LATERAL (
        SELECT
            source.id::text AS id,
            status::text AS status,
            coalesce(is_active, false) AS is_active,
            coalesce(active, false) AS active
        FROM public.workflows AS source
    ) AS told
) AS legacy ON w.source_id = legacy.id
WHERE
    l.event_type = 'schedule'
    AND (%(organizations)s::text [] IS NULL OR l.organization_id::text = any(%(organizations)s::text []))
