-- The doors of the HTTP API: keys, how often each caller has called of late, and answers kept for requests that are sent again.

CREATE TABLE atlas.api_keys (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    prefix text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by text
);
CREATE INDEX api_keys_by_organization ON atlas.api_keys (organization_id, created_at DESC, id DESC);
CREATE UNIQUE INDEX api_keys_in_force ON atlas.api_keys (organization_id, name) WHERE revoked_at IS NULL;
COMMENT ON TABLE atlas.api_keys IS 'Keys to the HTTP API, each of one organization; the key itself is shown once and kept nowhere.';
COMMENT ON COLUMN atlas.api_keys.prefix IS 'The first letters of the key, by which people tell keys apart.';
COMMENT ON COLUMN atlas.api_keys.key_hash IS 'sha256 of the key, which is random enough (190 bits) to need no salt.';
COMMENT ON COLUMN atlas.api_keys.scopes IS 'The permissions that it gives, of those that atlas.permissions_of knows.';
COMMENT ON COLUMN atlas.api_keys.last_used_at IS 'To the minute.';

CREATE TABLE atlas.api_rates (
    caller text PRIMARY KEY,
    free_at timestamptz NOT NULL
);
COMMENT ON TABLE atlas.api_rates IS 'How often each caller of the HTTP API has called of late (GCRA): one instant per caller.';
COMMENT ON COLUMN atlas.api_rates.caller IS 'The key, the user or the login, never the secret.';
COMMENT ON COLUMN atlas.api_rates.free_at IS 'When the allowance is whole again; what lies before is as good as no row.';

CREATE TABLE atlas.api_answers (
    organization_id uuid NOT NULL,
    caller text NOT NULL,
    idempotency_key text NOT NULL,
    request_hash text NOT NULL,
    status integer,
    answer json,
    answered_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, caller, idempotency_key)
);
CREATE INDEX api_answers_by_age ON atlas.api_answers (answered_at);
COMMENT ON TABLE atlas.api_answers IS
    'What a request with an Idempotency-Key was answered, written in the transaction of its work; kept for a day.';
COMMENT ON COLUMN atlas.api_answers.request_hash IS 'sha256 hex of method, path and body: another request under the same key is refused.';

SELECT atlas.secure(t::regclass) FROM unnest(ARRAY['atlas.api_keys', 'atlas.api_answers']) AS t;
GRANT SELECT (id, organization_id, name, prefix, scopes, created_by, created_at, expires_at, last_used_at, revoked_at, revoked_by)
    ON atlas.api_keys TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.api_keys NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.api_answers NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

-- A list of workflows is read in pages by an order that nothing changes.
CREATE INDEX workflows_by_age ON atlas.workflows (
    organization_id, (coalesce(created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00')), id
);
CREATE INDEX audit_log_by_age ON atlas.audit_log (organization_id, id);

-- By which transaction an entry was written: whoever reads on from a place then misses none that commits late.
ALTER TABLE atlas.audit_log ADD COLUMN written_by xid8;
ALTER TABLE atlas.audit_log ALTER COLUMN written_by SET DEFAULT pg_current_xact_id();
CREATE INDEX audit_log_by_transaction ON atlas.audit_log (organization_id, written_by, id) WHERE written_by IS NOT NULL;
COMMENT ON COLUMN atlas.audit_log.written_by IS 'The transaction of the entry; NULL for entries of earlier releases.';
