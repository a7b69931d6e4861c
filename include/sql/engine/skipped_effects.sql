-- Effects that were not sent on purpose, the latest at the top.
SELECT e.organization_id::text, e.effect_key, e.kind, e.subject, e.finished_at, e.skip_reason
FROM atlas.effects AS e
WHERE e.status = 'skipped' AND (%(organization)s::uuid IS NULL OR e.organization_id = %(organization)s::uuid)
ORDER BY e.finished_at DESC, e.effect_key
LIMIT %(limit)s
