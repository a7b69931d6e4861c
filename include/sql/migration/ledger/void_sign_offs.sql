-- A signature is for one state of the source; when that changed, it is void.
UPDATE atlas.sign_offs AS signature
SET voided_at = %(at)s, void_reason = 'the source changed'
FROM atlas.workflows AS workflow
WHERE signature.workflow_id = workflow.id
    AND workflow.source_table = %(source_table)s
    AND workflow.source_id = ANY(%(ids)s)
    AND signature.voided_at IS NULL
