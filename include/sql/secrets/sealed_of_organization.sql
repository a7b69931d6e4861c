-- A sealed secret, where it belongs to the organization that asks; credentials of connectors are found by their connector alone.
SELECT s.sealed
FROM atlas.secrets AS s
WHERE
    s.id = CASE WHEN atlas.is_uuid(%(id)s) THEN %(id)s::uuid END
    AND s.organization_id = %(organization)s
    AND s.connector IS NULL
