-- Changes of meaning of an organization's workflows that wait for a signature, and those signed, workflow by workflow.
SELECT
    w.id::text AS workflow, w.name, w.status, w.intended_status, w.awaiting_sign_off, l.source_hash,
    coalesce(l.changes, '[]')::text AS changes, coalesce(s.signed, '[]')::text AS signed
FROM atlas.workflows AS w
LEFT JOIN atlas.migration_ledger AS l ON l.source_table = w.source_table AND l.source_id = w.source_id
LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_object('code', o.code, 'by', o.signed_by, 'at', o.signed_at, 'reason', o.reason)
        ORDER BY o.signed_at) AS signed
    FROM atlas.sign_offs AS o
    WHERE o.workflow_id = w.id AND o.voided_at IS NULL
) AS s ON true
WHERE w.organization_id = %(organization)s AND (w.awaiting_sign_off OR s.signed IS NOT NULL)
    AND (%(after)s::uuid IS NULL OR w.id > %(after)s::uuid)
ORDER BY w.id
LIMIT %(limit)s
