-- Effects that are held, those that come up first at the top.
SELECT e.organization_id::text, e.effect_key, e.kind, e.subject, e.held_until, e.held_reason
FROM atlas.effects AS e
WHERE e.status = 'held' AND (%(organization)s::uuid IS NULL OR e.organization_id = %(organization)s::uuid)
ORDER BY e.held_until, e.effect_key
LIMIT %(limit)s
