-- Every valid sign-off, in a stable order.
SELECT
    organization_id::text,
    workflow_id::text,
    code,
    signed_by
FROM atlas.sign_offs
WHERE voided_at IS NULL
ORDER BY organization_id, workflow_id, code, signed_at
