-- Makes an endpoint; no row where another one has its id.
INSERT INTO atlas.workflow_webhooks AS w (
    organization_id, workflow_id, name, endpoint_id, secret_id, scheme, manner, verify_signature, rate_limit, is_active
)
VALUES (
    %(organization)s, %(workflow)s, %(name)s, %(endpoint_id)s, %(secret_id)s, %(scheme)s, %(manner)s::jsonb, %(verifies)s,
    %(rate_limit)s, true
)
ON CONFLICT (endpoint_id) DO NOTHING
RETURNING w.id
