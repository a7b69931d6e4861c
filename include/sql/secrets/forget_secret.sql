-- Removes the credential of a connector that an organization has.
DELETE FROM atlas.secrets
WHERE connector = %(connector)s AND organization_id = %(organization)s
RETURNING id
