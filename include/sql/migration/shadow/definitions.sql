-- The enhanced side of some legacy workflows: the published version, else the draft, and what was recorded about it.
SELECT
    workflow.source_id AS legacy_id,
    workflow.id::text AS workflow_id,
    workflow.organization_id::text AS organization_id,
    coalesce(version.definition, workflow.definition)::text AS definition,
    md5(coalesce(version.definition, workflow.definition)::text) AS definition_hash,
    ledger.source_hash,
    (coalesce(ledger.reasons, '[]') || coalesce(ledger.changes, '[]'))::text AS entries,
    coalesce('active' IN (workflow.status, workflow.intended_status), false) AS is_live
FROM atlas.workflows AS workflow
LEFT JOIN atlas.workflow_versions AS version
    ON workflow.id = version.workflow_id AND workflow.published_version = version.version
    AND version.executor = 'atlas_enhanced'
LEFT JOIN atlas.migration_ledger AS ledger
    ON workflow.source_table = ledger.source_table AND workflow.source_id = ledger.source_id
WHERE workflow.source_table = 'workflows' AND workflow.source_id = ANY(%(ids)s)
