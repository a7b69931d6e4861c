-- Every valid sign-off with all that was said in it, in a stable order.
SELECT
    organization_id::text,
    id::text,
    workflow_id::text,
    code,
    source_hash,
    signed_by,
    reason,
    signed_at::text
FROM atlas.sign_offs
WHERE voided_at IS NULL
ORDER BY organization_id, workflow_id, code, signed_at, id
