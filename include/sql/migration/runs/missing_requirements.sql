-- Organizations and the phases that do not stand for them although they must.
SELECT
    asked.organization_id,
    required.phase
FROM unnest(%(organizations)s::text []) AS asked (organization_id)
CROSS JOIN unnest(%(phases)s::text []) AS required (phase)
WHERE NOT EXISTS (
    SELECT 1
    FROM atlas.organization_phases AS standing
    WHERE
        standing.organization_id::text = asked.organization_id
        AND standing.phase = required.phase
        AND standing.status = 'applied'
)
ORDER BY 2, 1
