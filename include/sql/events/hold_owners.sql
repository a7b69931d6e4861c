-- Lets no owner of the organizations' workflows change until the transaction ends: what is decided here still holds then.
SELECT atlas.hold_owners(o.organization_id)
FROM (
    SELECT DISTINCT s.organization_id
    FROM json_to_recordset(%(subjects)s) AS s (organization_id uuid, subject text)
) AS o
