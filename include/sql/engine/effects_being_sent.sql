-- How many effects of some organizations and kinds are being sent.
SELECT x.organization_id::text, x.kind, sent.many
FROM json_to_recordset(%(limits)s) AS x (organization_id uuid, kind text)
CROSS JOIN LATERAL (
    SELECT count(*) AS many
    FROM atlas.effects AS e
    WHERE e.organization_id = x.organization_id AND e.kind = x.kind AND e.status = 'dispatching'
) AS sent
