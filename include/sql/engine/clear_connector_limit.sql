-- Takes a limit on what is sent away.
DELETE FROM atlas.connector_limits AS l
WHERE l.organization_id = %(organization)s AND l.kind = %(kind)s
