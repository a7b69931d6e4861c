-- Lets a caller in to the old fields; its name is one that no other in force has.
INSERT INTO atlas.v1_let_ins (organization_id, name, networks, secret_hash, reason, created_by, created_at, expires_at)
VALUES (%(organization)s, %(name)s, %(networks)s, %(hash)s, %(reason)s, %(by)s, %(now)s, %(expires_at)s)
ON CONFLICT DO NOTHING
RETURNING
    id::text AS id, organization_id::text AS organization, name, networks, reason, created_by, created_at, expires_at,
    withdrawn_at, withdrawn_by, 0::bigint AS calls, NULL::timestamptz AS last_at
