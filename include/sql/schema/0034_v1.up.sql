-- The old application's HTTP routes: what they were sent, who still calls them, and whom their fields let in without a key.

CREATE TABLE atlas.v1_documents (
    workflow_id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    of_draft text NOT NULL,
    document json NOT NULL CHECK (json_typeof(document) = 'object'),
    saved_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX v1_documents_by_organization ON atlas.v1_documents (organization_id);
COMMENT ON TABLE atlas.v1_documents IS
    'A workflow as it was sent to v1, word for word, so that it is read back so. Holds no secret: v1 refuses those.';
COMMENT ON COLUMN atlas.v1_documents.of_draft IS
    'md5 hex of the draft that it was translated to; where the draft is another one the document is not shown any more.';

CREATE TABLE atlas.v1_usage (
    organization_id uuid,
    day date NOT NULL,
    route text NOT NULL,
    caller text NOT NULL,
    calls bigint NOT NULL,
    refused bigint NOT NULL,
    last_at timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (organization_id, day, route, caller)
);
-- It has no primary key, for whose calls they are may be nobody's; a publication of all tables lets it change all the same.
ALTER TABLE atlas.v1_usage REPLICA IDENTITY FULL;
CREATE INDEX v1_usage_by_day ON atlas.v1_usage (day);
COMMENT ON TABLE atlas.v1_usage IS 'How often each caller called each route of v1 on a day (UTC).';
COMMENT ON COLUMN atlas.v1_usage.organization_id IS 'NULL for calls that came with no credentials in force.';
COMMENT ON COLUMN atlas.v1_usage.caller IS 'The key, the user or the one let in; nobody where it is not known. Never a secret.';
COMMENT ON COLUMN atlas.v1_usage.refused IS 'How many of the calls were answered with a status of 400 and above.';

CREATE TABLE atlas.v1_watches (
    id uuid PRIMARY KEY,
    began_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE atlas.v1_watches IS
    'From when to when a server counted calls of v1, so that no calls can be told from nobody having counted.';

CREATE TABLE atlas.v1_let_ins (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    networks text[] NOT NULL,
    secret_hash bytea NOT NULL UNIQUE,
    reason text NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by text,
    CHECK (expires_at <= created_at + INTERVAL '180 days')
);
CREATE UNIQUE INDEX v1_let_ins_in_force ON atlas.v1_let_ins (organization_id, name) WHERE withdrawn_at IS NULL;
COMMENT ON TABLE atlas.v1_let_ins IS
    'Callers that may use the old fields (lead-created, form-submitted) without a key for a while: by network and shared secret.';
COMMENT ON COLUMN atlas.v1_let_ins.networks IS 'Addresses and CIDR networks that it may call from.';
COMMENT ON COLUMN atlas.v1_let_ins.secret_hash IS 'sha256 of the shared secret, which is random enough (190 bits) to need no salt.';

SELECT atlas.secure(t::regclass) FROM unnest(ARRAY['atlas.v1_documents', 'atlas.v1_usage', 'atlas.v1_let_ins']) AS t;
GRANT SELECT ON atlas.v1_documents, atlas.v1_usage TO atlas_app;
GRANT SELECT (id, organization_id, name, networks, reason, created_by, created_at, expires_at, withdrawn_at, withdrawn_by)
    ON atlas.v1_let_ins TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.v1_documents NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.v1_usage NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.v1_let_ins NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
