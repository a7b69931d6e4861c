-- Organizations to which the phases below are applied, and this one is not.
SELECT done.organization_id::text
FROM atlas.organization_phases AS done
WHERE
    done.phase = any(%(earlier)s::text [])
    AND done.status = 'applied'
    AND NOT EXISTS (
        SELECT 1
        FROM atlas.organization_phases AS own
        WHERE own.organization_id = done.organization_id AND own.phase = %(phase)s AND own.status = 'applied'
    )
GROUP BY done.organization_id
HAVING count(DISTINCT done.phase) = cardinality(%(earlier)s::text [])
ORDER BY done.organization_id
