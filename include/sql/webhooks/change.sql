-- Changes an endpoint; what is NULL stays. Rules with a column of their own are taken out of the manner.
UPDATE atlas.workflow_webhooks AS w
SET
    name = coalesce(%(name)s, w.name), scheme = coalesce(%(scheme)s, w.scheme),
    manner = m.manner - ARRAY['origins', 'mapping', 'conditions', 'expires_at'],
    allowed_origins = ARRAY(SELECT jsonb_array_elements_text(coalesce(m.manner -> 'origins', '[]'))),
    transform_payload = coalesce(m.manner -> 'mapping', '{}'), filter_conditions = coalesce(m.manner -> 'conditions', '{}'),
    expires_at = (m.manner ->> 'expires_at')::timestamptz,
    verify_signature = coalesce(%(verifies)s, w.verify_signature), rate_limit = coalesce(%(rate_limit)s, w.rate_limit),
    is_active = coalesce(%(is_active)s, w.is_active),
    -- What a migration wrote is compared with what stands there, this column too; when it was changed says the audit log.
    updated_at = w.updated_at
FROM (
    SELECT x.id, coalesce(%(manner)s::jsonb, atlas.webhook_manner(x)) AS manner
    FROM atlas.workflow_webhooks AS x
    WHERE x.organization_id = %(organization)s AND x.endpoint_id = %(endpoint_id)s
) AS m
WHERE w.organization_id = %(organization)s AND w.id = m.id
