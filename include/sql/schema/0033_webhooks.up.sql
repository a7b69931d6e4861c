-- Webhooks in: how an endpoint's calls are verified, secrets that overlap while one replaces the other, and deliveries once per key.

ALTER TABLE atlas.workflow_webhooks
    ADD COLUMN scheme text NOT NULL DEFAULT 'legacy_body' CHECK (scheme <> ''),
    ADD COLUMN manner jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(manner) = 'object'),
    ADD COLUMN previous_secret_id uuid,
    ADD COLUMN previous_until timestamptz,
    ADD CHECK ((previous_secret_id IS NULL) = (previous_until IS NULL));
COMMENT ON COLUMN atlas.workflow_webhooks.scheme IS 'How calls are signed: the name of a verification scheme; endpoints of the old application keep its way.';
COMMENT ON COLUMN atlas.workflow_webhooks.manner IS
    'What differs from the defaults: methods, networks, tolerance, and where the id, event, subject and order of a delivery stand.';
COMMENT ON COLUMN atlas.workflow_webhooks.previous_secret_id IS 'The secret before, which counts until previous_until.';

CREATE TABLE atlas.webhook_deliveries (
    organization_id uuid NOT NULL,
    webhook_id uuid NOT NULL,
    delivery_key text NOT NULL CHECK (delivery_key <> ''),
    id uuid NOT NULL,
    event text,
    order_key text,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (webhook_id, delivery_key)
);
CREATE INDEX webhook_deliveries_by_time ON atlas.webhook_deliveries (received_at);
COMMENT ON TABLE atlas.webhook_deliveries IS
    'Calls that were accepted, once per key of their endpoint. What they said is in the event of key `webhook <id>`, written in the '
    'same transaction. Kept for 30 days.';
COMMENT ON COLUMN atlas.webhook_deliveries.delivery_key IS
    'What tells a repeat: the provider''s id, one of the endpoint''s own, or the digest of what was signed. Where repeats count for a '
    'while only, the time is put behind it when that is over.';
COMMENT ON COLUMN atlas.webhook_deliveries.order_key IS 'Deliveries with the same one are handled in the order they came.';

CREATE TABLE atlas.webhook_rates (
    webhook_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    full_at timestamptz NOT NULL,
    admitted integer NOT NULL,
    taken bigint NOT NULL,
    limited bigint NOT NULL,
    last_at timestamptz NOT NULL
) WITH (fillfactor = 50);
COMMENT ON TABLE atlas.webhook_rates IS 'How full an endpoint''s bucket is: it holds a minute''s calls and empties evenly.';
COMMENT ON COLUMN atlas.webhook_rates.full_at IS 'When it will be empty if nothing more comes.';
COMMENT ON COLUMN atlas.webhook_rates.admitted IS 'How many calls of the last batch found room.';
COMMENT ON COLUMN atlas.webhook_rates.taken IS 'Calls that found room since the endpoint was made, repeats among them; limited counts the others.';

ALTER TABLE atlas.event_outbox ADD COLUMN order_key text;
COMMENT ON COLUMN atlas.event_outbox.order_key IS 'Events of an organization with the same one are handled in the order of their ids.';
CREATE INDEX event_outbox_in_order ON atlas.event_outbox (organization_id, order_key, id)
WHERE handled_at IS NULL AND order_key IS NOT NULL;

SELECT atlas.secure(t::regclass) FROM unnest(ARRAY['atlas.webhook_deliveries', 'atlas.webhook_rates']) AS t;
GRANT SELECT, INSERT, UPDATE ON atlas.webhook_deliveries, atlas.webhook_rates TO atlas_app;
GRANT INSERT (order_key) ON atlas.event_outbox TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.webhook_deliveries NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.webhook_rates NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

CREATE FUNCTION atlas.webhook_door(endpoint text) RETURNS TABLE (
    id uuid, organization_id uuid, endpoint_id text, scheme text, manner jsonb, verify_signature boolean, rate_limit integer,
    is_open boolean, sealed bytea, previous_sealed bytea, previous_until timestamptz
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
        w.id, w.organization_id, w.endpoint_id, w.scheme, w.manner, w.verify_signature, w.rate_limit,
        w.is_active AND (w.workflow_id IS NULL OR EXISTS (
            SELECT FROM atlas.workflows AS f
            WHERE f.id = w.workflow_id AND f.organization_id = w.organization_id AND f.status = 'active'
        )),
        s.sealed, p.sealed, w.previous_until
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
    'The endpoint that an address names, whosever it is, with its secrets sealed: the endpoint says which organization a call is for.';
REVOKE ALL ON FUNCTION atlas.webhook_door(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.webhook_door(text) TO atlas_app;
