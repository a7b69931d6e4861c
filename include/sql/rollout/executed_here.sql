-- Organizations that a phase is applied to, and, for one that cuts over, those whose legacy workflows are executed here.
SELECT w.organization_id::text
FROM atlas.workflows AS w
WHERE %(cuts_over)s AND w.source_id IS NOT NULL AND w.owner <> 'legacy_app'
UNION
SELECT p.organization_id::text
FROM atlas.organization_phases AS p
WHERE p.phase = %(phase)s AND p.status = 'applied'
