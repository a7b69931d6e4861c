-- The limits on what an organization has sent, by kind.
SELECT
    l.organization_id::text AS organization, l.kind, l.at_once, l.per_minute,
    greatest(l.next_at, '0001-01-02 00:00:00+00') AS next_at, %(now)s::timestamptz AS now
FROM atlas.connector_limits AS l
WHERE l.organization_id = %(organization)s
ORDER BY l.kind
