-- Effects that the send policy holds, and since when the oldest of them should have been asked about again.
WITH held AS (
    SELECT count(*) AS n, now() - min(found.held_until) AS overdue
    FROM (
        SELECT e.held_until FROM atlas.effects AS e WHERE e.status = 'held' ORDER BY e.held_until LIMIT %(bound)s
    ) AS found
)
SELECT 'pending' AS name, ARRAY['held'] AS labels, h.n::double precision AS value
FROM held AS h
UNION ALL
SELECT 'pending_age', ARRAY['held'], greatest(0, coalesce(extract(EPOCH FROM h.overdue), 0))
FROM held AS h
