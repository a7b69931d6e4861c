-- Calls of v1 since a day by organization, route and caller, those who called last at the top; keys and let-ins by their names.
SELECT
    u.organization_id::text AS organization, u.route, u.caller, coalesce(min(k.name), min(l.name)) AS named,
    sum(u.calls)::bigint AS calls, sum(u.refused)::bigint AS refused, min(u.day) AS first_day, max(u.last_at) AS last_at
FROM atlas.v1_usage AS u
LEFT JOIN atlas.api_keys AS k ON k.organization_id = u.organization_id AND u.caller = 'api-key:' || k.id::text
LEFT JOIN atlas.v1_let_ins AS l ON l.organization_id = u.organization_id AND u.caller = 'let-in:' || l.id::text
WHERE u.day >= %(since)s
    AND (%(organization)s::uuid IS NULL OR u.organization_id = %(organization)s::uuid)
GROUP BY u.organization_id, u.route, u.caller
ORDER BY max(u.last_at) DESC, u.route, u.caller
