-- An organization's endpoints, or the one of an id, and how much they are used.
SELECT
    w.id::text AS id, w.organization_id::text AS organization, w.endpoint_id, w.name, w.workflow_id::text AS workflow,
    w.scheme, atlas.webhook_manner(w)::text AS manner, w.verify_signature AS verifies, w.rate_limit, w.is_active,
    s.hint AS secret_hint, w.previous_until, coalesce(r.taken, 0) AS taken, coalesce(r.limited, 0) AS limited, coalesce(r.refused, 0) AS refused, r.last_at
FROM atlas.workflow_webhooks AS w
LEFT JOIN atlas.secrets AS s ON s.id = w.secret_id AND s.organization_id = w.organization_id
LEFT JOIN atlas.webhook_rates AS r ON r.webhook_id = w.id
WHERE w.organization_id = %(organization)s AND (%(endpoint_id)s::text IS NULL OR w.endpoint_id = %(endpoint_id)s)
ORDER BY w.name, w.endpoint_id
