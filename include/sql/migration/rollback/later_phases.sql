-- Later phases that stand for any of these organizations.
SELECT phase, count(*)
FROM atlas.organization_phases
WHERE status = 'applied'
    AND phase > %(phase)s
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
GROUP BY phase
ORDER BY phase
