-- Makes an endpoint; no row where another one has its id. Rules with a column of their own are taken out of the manner.
INSERT INTO atlas.workflow_webhooks AS w (
    organization_id, workflow_id, name, endpoint_id, secret_id, scheme, manner, verify_signature, rate_limit, is_active,
    allowed_origins, transform_payload, filter_conditions, expires_at
)
SELECT
    %(organization)s, %(workflow)s, %(name)s, %(endpoint_id)s, %(secret_id)s, %(scheme)s,
    m.manner - ARRAY['origins', 'mapping', 'conditions', 'expires_at'], %(verifies)s, %(rate_limit)s, true,
    ARRAY(SELECT jsonb_array_elements_text(coalesce(m.manner -> 'origins', '[]'))), coalesce(m.manner -> 'mapping', '{}'),
    coalesce(m.manner -> 'conditions', '{}'), (m.manner ->> 'expires_at')::timestamptz
FROM (SELECT %(manner)s::jsonb AS manner) AS m
ON CONFLICT (endpoint_id) DO NOTHING
RETURNING w.id
