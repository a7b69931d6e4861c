-- Lets an organization's held messages be decided about at once, because what was decided by has changed.
UPDATE atlas.effects AS e
SET held_until = now()
WHERE e.organization_id = %(organization)s::uuid AND e.status = 'held' AND e.held_until > now()
