-- The keys of an organization, the newest first, behind a place given.
SELECT
    k.id::text AS id, k.organization_id::text AS organization, k.name, k.prefix, k.scopes, k.created_by, k.created_at,
    k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by
FROM atlas.api_keys AS k
WHERE k.organization_id = %(organization)s
    AND (%(id)s::uuid IS NULL OR k.id = %(id)s::uuid)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (k.created_at, k.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
ORDER BY k.created_at DESC, k.id DESC
LIMIT %(limit)s
