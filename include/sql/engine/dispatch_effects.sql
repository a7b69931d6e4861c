-- Takes intended effects to be sent, of each kind as many as have room: a fair share of every organization behind a cursor,
-- no more than its limit leaves; whoever is at its limit takes no place away from others.
WITH RECURSIVE room AS MATERIALIZED (
    SELECT r.kind, r.places, r.after
    FROM json_to_recordset(%(room)s) AS r (kind text, places integer, after uuid)
),
limits AS MATERIALIZED (
    SELECT l.kind, l.organization_id, l.places
    FROM json_to_recordset(%(limits)s) AS l (kind text, organization_id uuid, places integer)
),
found AS (
    SELECT r.kind, r.places, beginning.organization_id, beginning.may_send, beginning.may_send::integer AS n
    FROM room AS r
    CROSS JOIN LATERAL (
        SELECT
            e.organization_id,
            NOT EXISTS (
                SELECT FROM limits AS l
                WHERE l.kind = e.kind AND l.organization_id = e.organization_id AND l.places <= 0
            ) AS may_send
        FROM atlas.effects AS e
        WHERE e.status = 'intended' AND e.waits_for IS NULL AND e.kind = r.kind AND e.organization_id > r.after
        ORDER BY e.organization_id
        LIMIT 1
    ) AS beginning
    UNION ALL
    SELECT f.kind, f.places, following.organization_id, following.may_send, f.n + following.may_send::integer
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT
            e.organization_id,
            NOT EXISTS (
                SELECT FROM limits AS l
                WHERE l.kind = e.kind AND l.organization_id = e.organization_id AND l.places <= 0
            ) AS may_send
        FROM atlas.effects AS e
        WHERE e.status = 'intended' AND e.waits_for IS NULL AND e.kind = f.kind AND e.organization_id > f.organization_id
        ORDER BY e.organization_id
        LIMIT 1
    ) AS following
    WHERE f.n < f.places
),
share AS (
    SELECT f.kind, ceil(max(f.places)::numeric / count(*))::integer AS size
    FROM found AS f
    WHERE f.may_send
    GROUP BY f.kind
),
chosen AS MATERIALIZED (
    SELECT taken.organization_id, taken.effect_key
    FROM (
        SELECT f.kind, f.organization_id, s.size, least(s.size, f.places - (f.n - 1) * s.size, l.places) AS places
        FROM found AS f
        INNER JOIN share AS s ON s.kind = f.kind
        LEFT JOIN limits AS l ON l.kind = f.kind AND l.organization_id = f.organization_id
        WHERE f.may_send
    ) AS turn
    CROSS JOIN LATERAL (
        SELECT e.organization_id, e.effect_key
        FROM atlas.effects AS e
        WHERE e.status = 'intended' AND e.waits_for IS NULL AND e.kind = turn.kind AND e.organization_id = turn.organization_id
        ORDER BY e.id
        LIMIT greatest(turn.places, 0)
        FOR UPDATE SKIP LOCKED
    ) AS taken
)
UPDATE atlas.effects AS e
SET status = 'dispatching', dispatches = e.dispatches + 1, lease_until = coalesce(%(now)s, now()) + %(lease)s,
    dispatched_at = coalesce(%(now)s, now())
FROM chosen AS c
WHERE e.organization_id = c.organization_id AND e.effect_key = c.effect_key
RETURNING
    e.organization_id::text, e.effect_key, e.execution_id::text, e.kind, e.dispatches, e.content::text,
    e.contact::text, e.id, e.subject, e.intended_at, e.dispatched_at
