-- Live workflows that may not be cut over: never compared, changed since, or with an unexplained difference.
SELECT
    workflow.id::text AS workflow_id,
    workflow.organization_id::text AS organization_id,
    workflow.name,
    CASE
        WHEN shadowed.workflow_id IS NULL THEN 'never_compared'
        WHEN
            shadowed.definition_hash <> md5(coalesce(version.definition, workflow.definition)::text)
            OR coalesce(shadowed.source_hash, '') <> coalesce(ledger.source_hash, '')
            THEN 'changed_since'
        ELSE 'unexplained'
    END AS why,
    coalesce(shadowed.unexplained, 0) AS unexplained,
    coalesce(shadowed.triggers, 0) AS triggers
FROM atlas.workflows AS workflow
LEFT JOIN atlas.workflow_versions AS version
    ON workflow.id = version.workflow_id AND workflow.published_version = version.version
LEFT JOIN atlas.migration_ledger AS ledger
    ON workflow.source_table = ledger.source_table AND workflow.source_id = ledger.source_id
LEFT JOIN atlas.shadow_workflows AS shadowed
    ON workflow.organization_id = shadowed.organization_id AND workflow.id = shadowed.workflow_id
WHERE workflow.source_table = 'workflows'
    AND 'active' IN (workflow.status, workflow.intended_status)
    AND (%(organizations)s::text [] IS NULL OR workflow.organization_id::text = ANY(%(organizations)s::text []))
    AND (
        shadowed.workflow_id IS NULL
        OR shadowed.unexplained > 0
        OR shadowed.definition_hash <> md5(coalesce(version.definition, workflow.definition)::text)
        OR coalesce(shadowed.source_hash, '') <> coalesce(ledger.source_hash, '')
    )
ORDER BY workflow.organization_id, workflow.name, workflow.id
