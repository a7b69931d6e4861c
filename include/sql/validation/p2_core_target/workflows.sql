-- Workflows with what must hold of their owners, before and after every cutover.
SELECT
    w.id::text AS workflow_id,
    w.organization_id::text AS organization_id,
    w.source_table,
    w.source_id,
    CASE
        WHEN o.owner = w.owner THEN 'yes'
        WHEN o.owner IS NULL AND w.source_table IS NOT NULL AND w.owner = 'legacy_app' THEN 'yes'
        WHEN o.owner IS NULL AND w.source_table IS NULL THEN 'yes'
        ELSE 'no'
    END AS has_one_owner,
    CASE WHEN w.status = 'active' AND w.awaiting_sign_off AND w.owner <> 'atlas_legacy' THEN 'yes' ELSE 'no' END AS live_unsigned,
    CASE
        WHEN w.source_table IS NULL OR w.owner = 'legacy_app' OR w.status <> 'active' THEN 'yes'
        WHEN v.executor = w.owner THEN 'yes'
        ELSE 'no'
    END AS is_published,
    CASE WHEN o.fenced_at IS NOT NULL AND o.drained_at IS NULL THEN 'no' ELSE 'yes' END AS is_drained
FROM atlas.workflows AS w
LEFT JOIN atlas.execution_owners AS o
    ON w.organization_id = o.organization_id AND w.id = o.workflow_id AND o.trigger_key = ''
LEFT JOIN atlas.workflow_versions AS v ON w.id = v.workflow_id AND w.published_version = v.version
WHERE %(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text [])
