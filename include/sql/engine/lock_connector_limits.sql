-- Locks the limits of organizations that have something to send, always in the same order.
SELECT
    l.organization_id::text AS organization, l.kind, l.at_once, l.per_minute,
    greatest(l.next_at, '0001-01-02 00:00:00+00') AS next_at, coalesce(%(now)s, clock_timestamp()) AS now
FROM atlas.connector_limits AS l
CROSS JOIN LATERAL (
    SELECT e.id
    FROM atlas.effects AS e
    WHERE e.kind = l.kind AND e.organization_id = l.organization_id AND e.status = 'intended' AND e.waits_for IS NULL
    LIMIT 1
) AS waiting
WHERE l.kind = ANY(%(kinds)s)
ORDER BY l.organization_id, l.kind
FOR UPDATE OF l
