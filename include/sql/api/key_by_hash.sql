-- The key of a hash, whatever its organization; that it was used is noted once a minute.
WITH used AS (
    UPDATE atlas.api_keys AS k
    SET last_used_at = %(now)s
    WHERE k.key_hash = %(hash)s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > %(now)s)
        AND (k.last_used_at IS NULL OR k.last_used_at < %(now)s - interval '1 minute')
)
SELECT
    k.id::text AS id, k.organization_id::text AS organization, k.name, k.prefix, k.scopes, k.created_by, k.created_at,
    k.expires_at, k.last_used_at, k.revoked_at, k.revoked_by
FROM atlas.api_keys AS k
WHERE k.key_hash = %(hash)s
