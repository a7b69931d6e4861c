-- Workflows with changes of meaning, their codes, and the codes signed for the present source.
SELECT
    workflow.id::text AS workflow_id, workflow.organization_id::text, workflow.name, workflow.source_table, workflow.source_id,
    ledger.source_hash, workflow.status, workflow.intended_status,
    ARRAY(
        SELECT DISTINCT change ->> 'code' FROM jsonb_array_elements(ledger.changes) AS change ORDER BY 1
    ) AS codes,
    ARRAY(
        SELECT DISTINCT signature.code
        FROM atlas.sign_offs AS signature
        WHERE signature.workflow_id = workflow.id
            AND signature.source_hash = ledger.source_hash
            AND signature.voided_at IS NULL
        ORDER BY 1
    ) AS signed
FROM atlas.workflows AS workflow
INNER JOIN atlas.migration_ledger AS ledger
    ON workflow.source_table = ledger.source_table AND workflow.source_id = ledger.source_id
WHERE CASE WHEN %(workflow_id)s::uuid IS NULL THEN workflow.awaiting_sign_off ELSE workflow.id = %(workflow_id)s::uuid END
ORDER BY workflow.organization_id, workflow.name, workflow.id
