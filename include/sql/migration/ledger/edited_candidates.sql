-- Drafts that may have been edited here since they were migrated, with what the ledger says was written.
SELECT
    workflow.id::text, workflow.organization_id::text, workflow.name, workflow.description, workflow.category,
    workflow.tags, workflow.definition::text, workflow.intended_status, workflow.legacy_reported::text,
    workflow.template_id::text, workflow.created_by::text, workflow.created_at::text, workflow.last_run_at::text,
    workflow.total_executions::text, workflow.successful_executions::text, workflow.failed_executions::text,
    workflow.updated_at::text, ledger.target_hash
FROM atlas.workflows AS workflow
INNER JOIN atlas.migration_ledger AS ledger
    ON workflow.source_table = ledger.source_table AND workflow.source_id = ledger.source_id
WHERE (workflow.revision > 1 OR workflow.updated_by IS NOT NULL)
    AND ledger.target_hash IS NOT NULL
    AND (%(ids)s::text[] IS NULL OR (workflow.source_table = %(source_table)s AND workflow.source_id = ANY(%(ids)s::text[])))
    AND (%(phase)s::text IS NULL OR ledger.phase = %(phase)s)
    AND (%(organizations)s::text[] IS NULL OR workflow.organization_id::text = ANY(%(organizations)s::text[]))
