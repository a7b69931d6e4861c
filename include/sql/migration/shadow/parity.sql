-- Where each workflow that came from a legacy row stands: never compared, changed since, compared by other rules, or what the comparison found.
SELECT
    workflow.id::text AS workflow_id,
    workflow.organization_id::text AS organization_id,
    workflow.name,
    coalesce('active' IN (workflow.status, workflow.intended_status), false) AS is_live,
    CASE
        WHEN shadowed.workflow_id IS NULL THEN 'never_compared'
        WHEN
            shadowed.definition_hash <> md5(coalesce(version.definition, workflow.definition)::text)
            OR coalesce(shadowed.source_hash, '') <> coalesce(ledger.source_hash, '')
            THEN 'changed_since'
        WHEN shadowed.rules <> %(rules)s THEN 'other_rules'
        WHEN shadowed.unexplained > 0 THEN 'unexplained'
        WHEN shadowed.explained > 0 THEN 'explained'
        ELSE 'same'
    END AS found,
    coalesce(shadowed.unexplained, 0) AS unexplained,
    coalesce(shadowed.triggers, 0) AS triggers
FROM atlas.workflows AS workflow
LEFT JOIN atlas.workflow_versions AS version
    ON workflow.id = version.workflow_id AND workflow.published_version = version.version
    AND version.executor = 'atlas_enhanced'
LEFT JOIN atlas.migration_ledger AS ledger
    ON workflow.source_table = ledger.source_table AND workflow.source_id = ledger.source_id
LEFT JOIN atlas.shadow_workflows AS shadowed
    ON workflow.organization_id = shadowed.organization_id AND workflow.id = shadowed.workflow_id
WHERE workflow.source_table = 'workflows'
    AND (%(organizations)s::text [] IS NULL OR workflow.organization_id::text = ANY(%(organizations)s::text []))
ORDER BY workflow.organization_id, workflow.name, workflow.id
