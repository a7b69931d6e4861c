-- The rules of webhook endpoints: when one ends, and what was refused by which rule, how often.

ALTER TABLE atlas.workflow_webhooks ADD COLUMN expires_at timestamptz;
COMMENT ON COLUMN atlas.workflow_webhooks.expires_at IS 'From then on calls are refused; NULL: never.';
COMMENT ON COLUMN atlas.workflow_webhooks.allowed_origins IS 'The header Origin is one of them; empty: nobody asks.';
COMMENT ON COLUMN atlas.workflow_webhooks.transform_payload IS 'Fields of the trigger, each with the place in the call that fills it.';
COMMENT ON COLUMN atlas.workflow_webhooks.filter_conditions IS 'A condition on the trigger; calls that do not fulfil it are passed over.';

CREATE TABLE atlas.webhook_refusals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    code text NOT NULL CHECK (code <> ''),
    address text NOT NULL DEFAULT '',
    status smallint NOT NULL,
    fact text NOT NULL,
    event text,
    times bigint NOT NULL CHECK (times > 0),
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    refused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (webhook_id, minute, code, address)
);
CREATE INDEX webhook_refusals_by_time ON atlas.webhook_refusals (refused_at);
CREATE INDEX webhook_refusals_of_webhook ON atlas.webhook_refusals (webhook_id, refused_at DESC, id);
COMMENT ON TABLE atlas.webhook_refusals IS
    'Calls that were refused or passed over: a row for all of a minute with the same reason from the same address, so that a flood '
    'fills no table. Nothing of their bodies is kept, but what a condition compared. Kept for 30 days.';
COMMENT ON COLUMN atlas.webhook_refusals.address IS 'Who called; empty where more addresses were refused than are told apart.';
COMMENT ON COLUMN atlas.webhook_refusals.status IS 'What was answered: 200 where a call was right and passed over.';
COMMENT ON COLUMN atlas.webhook_refusals.fact IS 'The last one''s reason, for people.';
COMMENT ON COLUMN atlas.webhook_refusals.refused_at IS 'When the last of them came, and first_at the first.';

ALTER TABLE atlas.webhook_rates ADD COLUMN refused bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN atlas.webhook_rates.refused IS 'Calls that were refused or passed over since the endpoint was made.';
CREATE INDEX webhook_deliveries_of_webhook ON atlas.webhook_deliveries (webhook_id, received_at DESC, id);

SELECT atlas.secure('atlas.webhook_refusals'::regclass);
GRANT SELECT, INSERT, UPDATE ON atlas.webhook_refusals TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new table follows.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.webhook_refusals NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

CREATE FUNCTION atlas.webhook_manner(w atlas.workflow_webhooks) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    w.manner
    || CASE WHEN w.allowed_origins <> '{}' THEN jsonb_build_object('origins', w.allowed_origins) ELSE '{}' END
    || CASE WHEN w.transform_payload <> '{}' THEN jsonb_build_object('mapping', w.transform_payload) ELSE '{}' END
    || CASE WHEN w.filter_conditions <> '{}' THEN jsonb_build_object('conditions', w.filter_conditions) ELSE '{}' END
    || CASE WHEN w.expires_at IS NOT NULL THEN jsonb_build_object('expires_at', w.expires_at) ELSE '{}' END
);
COMMENT ON FUNCTION atlas.webhook_manner(atlas.workflow_webhooks) IS
    'All settings of an endpoint as one document: those of manner, and the rules that have columns of their own.';
REVOKE ALL ON FUNCTION atlas.webhook_manner(atlas.workflow_webhooks) FROM PUBLIC;

CREATE FUNCTION atlas.headers_asked(organization uuid, endpoint text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT jsonb_agg(DISTINCT jsonb_build_object('name', lower(h.key), 'value', h.value, 'sealed', encode(s.sealed, 'base64')))
    FROM atlas.listening_triggers AS l
    INNER JOIN atlas.workflow_versions AS v
        ON v.organization_id = l.organization_id AND v.workflow_id = l.workflow_id AND v.version = l.workflow_version
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(v.definition -> 'triggers') = 'array' THEN v.definition -> 'triggers' ELSE '[]' END
    ) AS t (found)
    CROSS JOIN LATERAL jsonb_each(
        CASE jsonb_typeof(t.found #> '{parameters,headers}') WHEN 'object' THEN t.found #> '{parameters,headers}' ELSE '{}' END
    ) AS h
    LEFT JOIN atlas.secrets AS s
        ON s.id::text = h.value ->> '$secret' AND s.organization_id = l.organization_id AND s.connector IS NULL
    WHERE l.organization_id = headers_asked.organization AND l.event_type = 'webhook' AND t.found ->> 'id' = l.trigger_key
        AND coalesce(t.found #>> '{parameters,endpoint_id}', endpoint) = endpoint
);
COMMENT ON FUNCTION atlas.headers_asked(uuid, text) IS
    'The headers that listening triggers ask of an endpoint''s calls; a value that is a secret stays sealed.';
REVOKE ALL ON FUNCTION atlas.headers_asked(uuid, text) FROM PUBLIC;

DROP FUNCTION atlas.webhook_door(text);
CREATE FUNCTION atlas.webhook_door(endpoint text) RETURNS TABLE (
    id uuid, organization_id uuid, endpoint_id text, scheme text, manner jsonb, verify_signature boolean, rate_limit integer,
    is_open boolean, sealed bytea, previous_sealed bytea, previous_until timestamptz, asked jsonb
)
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
BEGIN
    -- Not as an option of the function: a plain owner may not set a parameter of ours there.
    PERFORM set_config('atlas.acting', 'migration', true);
    RETURN QUERY
    SELECT
        w.id, w.organization_id, w.endpoint_id, w.scheme, atlas.webhook_manner(w), w.verify_signature, w.rate_limit,
        w.is_active AND (w.workflow_id IS NULL OR EXISTS (
            SELECT FROM atlas.workflows AS f
            WHERE f.id = w.workflow_id AND f.organization_id = w.organization_id AND f.status = 'active'
        )),
        s.sealed, p.sealed, w.previous_until, atlas.headers_asked(w.organization_id, w.endpoint_id)
    FROM atlas.workflow_webhooks AS w
    LEFT JOIN atlas.secrets AS s
        ON s.id = w.secret_id AND s.organization_id = w.organization_id AND s.connector IS NULL
    LEFT JOIN atlas.secrets AS p
        ON p.id = w.previous_secret_id AND p.organization_id = w.organization_id AND p.connector IS NULL
    WHERE w.endpoint_id = webhook_door.endpoint;
    PERFORM set_config('atlas.acting', acted, true);
END
$$;
COMMENT ON FUNCTION atlas.webhook_door(text) IS
    'The endpoint that an address names, whosever it is, with its secrets sealed, and the headers that triggers ask '
    'of its calls: the endpoint says which organization a call is for.';
REVOKE ALL ON FUNCTION atlas.webhook_door(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.webhook_door(text) TO atlas_app;
