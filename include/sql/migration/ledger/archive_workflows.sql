-- Keep these workflows whole before they are overwritten or removed.
INSERT INTO atlas.archive (organization_id, table_name, row_id, "row", reason, phase_run_id, archived_at)
SELECT workflow.organization_id, 'workflows', workflow.id::text, to_jsonb(workflow), %(reason)s, %(run_id)s, %(at)s
FROM atlas.workflows AS workflow
WHERE workflow.id::text = ANY(%(workflow_ids)s)
