-- The sealed credential of a connector that an organization has.
SELECT s.sealed
FROM atlas.secrets AS s
WHERE s.connector = %(connector)s AND s.organization_id = %(organization)s
