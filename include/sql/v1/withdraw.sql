-- Ends a let-in that is not withdrawn; one that has expired too, whose name is free from then on.
UPDATE atlas.v1_let_ins AS l
SET withdrawn_at = %(now)s, withdrawn_by = %(by)s
WHERE l.organization_id = %(organization)s AND l.id = %(id)s AND l.withdrawn_at IS NULL
RETURNING l.name
