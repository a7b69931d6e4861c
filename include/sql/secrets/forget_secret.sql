-- Removes a secret of an organization.
DELETE FROM atlas.secrets
WHERE id = %(id)s AND organization_id = %(organization)s
