-- Adds a key to the HTTP API; its name is one that no other key in force has.
INSERT INTO atlas.api_keys (organization_id, name, prefix, key_hash, scopes, created_by, expires_at)
VALUES (%(organization)s, %(name)s, %(prefix)s, %(hash)s, %(scopes)s, %(by)s, %(expires_at)s)
ON CONFLICT DO NOTHING
RETURNING
    id::text AS id, organization_id::text AS organization, name, prefix, scopes, created_by, created_at, expires_at,
    last_used_at, revoked_at, revoked_by
