-- Removes a saved audience query.
DELETE FROM atlas.audiences AS a WHERE a.organization_id = %(organization)s AND a.name = %(name)s
