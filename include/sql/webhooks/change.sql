-- Changes an endpoint; what is NULL stays.
UPDATE atlas.workflow_webhooks AS w
SET
    name = coalesce(%(name)s, w.name), scheme = coalesce(%(scheme)s, w.scheme),
    manner = coalesce(%(manner)s::jsonb, w.manner), verify_signature = coalesce(%(verifies)s, w.verify_signature),
    rate_limit = coalesce(%(rate_limit)s, w.rate_limit), is_active = coalesce(%(is_active)s, w.is_active)
WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
