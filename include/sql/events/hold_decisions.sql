-- What is decided about these events holds until the transaction ends, whoever gives workflows back; always in the same order.
SELECT atlas.hold_decisions(o.organization_id)
FROM (
    SELECT DISTINCT s.organization_id, atlas.owners_lock(s.organization_id) AS place
    FROM json_to_recordset(%(subjects)s) AS s (organization_id uuid, subject text)
    ORDER BY place
) AS o
