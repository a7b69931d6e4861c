-- An organization's endpoints, or the one of an id, and how much they are used.
SELECT
    w.id::text AS id, w.organization_id::text AS organization, w.endpoint_id, w.name, w.workflow_id::text AS workflow,
    w.scheme, atlas.webhook_manner(w)::text AS manner, w.verify_signature AS verifies, w.rate_limit, w.is_active,
    s.hint AS secret_hint, w.previous_until, coalesce(r.taken, 0) AS taken, coalesce(r.limited, 0) AS limited, coalesce(r.refused, 0) AS refused, l.last_at,
    -- With those that the source counted before.
    w.total_requests + coalesce(r.taken, 0) AS ever_taken, greatest(w.last_triggered_at, l.last_at) AS ever_last_at
FROM atlas.workflow_webhooks AS w
LEFT JOIN atlas.secrets AS s ON s.id = w.secret_id AND s.organization_id = w.organization_id
LEFT JOIN atlas.webhook_rates AS r ON r.webhook_id = w.id
-- A row that refusals made tells no call that was taken.
CROSS JOIN LATERAL (SELECT CASE WHEN r.taken + r.limited > 0 THEN r.last_at END AS last_at) AS l
WHERE w.organization_id = %(organization)s AND (%(endpoint_id)s::text IS NULL OR w.endpoint_id = %(endpoint_id)s)
ORDER BY w.name, w.endpoint_id
