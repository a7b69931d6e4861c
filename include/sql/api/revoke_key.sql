-- Ends a key that is in force.
UPDATE atlas.api_keys AS k
SET revoked_at = %(now)s, revoked_by = %(by)s
WHERE k.organization_id = %(organization)s AND k.id = %(id)s AND k.revoked_at IS NULL
RETURNING
    k.id::text AS id, k.organization_id::text AS organization, k.name, k.prefix, k.scopes, k.created_by, k.created_at,
    k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by
