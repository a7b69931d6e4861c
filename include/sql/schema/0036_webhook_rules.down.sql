-- Takes the rules of endpoints away again; what has a column of an earlier revision stays there.

DROP FUNCTION atlas.webhook_door(text);
DROP FUNCTION atlas.headers_asked(uuid, text);
DROP FUNCTION atlas.webhook_manner(atlas.workflow_webhooks);
DROP INDEX atlas.webhook_deliveries_of_webhook;
ALTER TABLE atlas.webhook_rates DROP COLUMN refused;
DROP TABLE atlas.webhook_refusals;
ALTER TABLE atlas.workflow_webhooks DROP COLUMN expires_at;

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
