-- Adds calls to those counted already, in one order so that two servers never wait for each other in a circle.
INSERT INTO atlas.v1_usage AS u (organization_id, day, route, caller, calls, refused, last_at)
SELECT c.organization, c.day, c.route, c.caller, c.calls, c.refused, c.last_at
FROM json_to_recordset(%(counts)s) AS c (
    organization uuid, day date, route text, caller text, calls bigint, refused bigint, last_at timestamptz
)
ORDER BY c.organization, c.day, c.route, c.caller
ON CONFLICT (organization_id, day, route, caller) DO UPDATE
    SET calls = u.calls + excluded.calls, refused = u.refused + excluded.refused,
        last_at = greatest(u.last_at, excluded.last_at)
