-- Effects of which nobody can tell whether they arrived, the oldest first.
SELECT e.organization_id::text, e.effect_key, e.kind, e.subject, e.finished_at, e.error
FROM atlas.effects AS e
WHERE e.status = 'unknown' AND (%(organization)s::uuid IS NULL OR e.organization_id = %(organization)s::uuid)
ORDER BY e.finished_at
LIMIT %(limit)s
