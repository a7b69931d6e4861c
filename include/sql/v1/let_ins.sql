-- Who is or was let in to the old fields, of an organization or by the hash of the secret, with how often it called.
SELECT
    l.id::text AS id, l.organization_id::text AS organization, l.name, l.networks, l.reason, l.created_by, l.created_at,
    l.expires_at, l.withdrawn_at, l.withdrawn_by, coalesce(c.calls, 0)::bigint AS calls, c.last_at
FROM atlas.v1_let_ins AS l
LEFT JOIN LATERAL (
    SELECT sum(u.calls) AS calls, max(u.last_at) AS last_at
    FROM atlas.v1_usage AS u
    WHERE %(hash)s::bytea IS NULL AND u.organization_id = l.organization_id AND u.caller = 'let-in:' || l.id::text
) AS c ON true
WHERE (%(organization)s::uuid IS NULL OR l.organization_id = %(organization)s::uuid)
    AND (%(hash)s::bytea IS NULL OR l.secret_hash = %(hash)s::bytea)
ORDER BY l.created_at DESC, l.id DESC
