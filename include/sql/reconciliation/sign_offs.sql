-- Valid sign-offs of these workflows: workflow, code, and the source hash they were given for.
SELECT
    workflow_id::text,
    code,
    source_hash
FROM atlas.sign_offs
WHERE voided_at IS NULL AND workflow_id = any(%(ids)s::uuid [])
