-- Workflows whose every change of meaning is signed for the present source get the status they were meant to have; those
-- that are executed with the old meaning, when that ends.
UPDATE atlas.workflows AS workflow
SET status = CASE WHEN workflow.owner = 'atlas_legacy' THEN workflow.status ELSE workflow.intended_status END,
    awaiting_sign_off = false, updated_at = workflow.updated_at
FROM atlas.migration_ledger AS ledger
WHERE workflow.source_table = %(source_table)s
    AND workflow.source_id = ANY(%(ids)s)
    AND workflow.awaiting_sign_off
    AND workflow.intended_status IS NOT NULL
    AND ledger.source_table = workflow.source_table
    AND ledger.source_id = workflow.source_id
    AND NOT EXISTS (
        SELECT 1
        FROM jsonb_array_elements(ledger.changes) AS change
        WHERE NOT EXISTS (
            SELECT 1
            FROM atlas.sign_offs AS signature
            WHERE signature.workflow_id = workflow.id
                AND signature.code = change ->> 'code'
                AND signature.source_hash = ledger.source_hash
                AND signature.voided_at IS NULL
        )
    )
RETURNING workflow.id, workflow.status
