-- Ends a let-in that is in force.
UPDATE atlas.v1_let_ins AS l
SET withdrawn_at = %(now)s, withdrawn_by = %(by)s
WHERE l.organization_id = %(organization)s AND l.id = %(id)s AND l.withdrawn_at IS NULL AND l.expires_at > %(now)s
RETURNING l.name
