-- Organizations of the run, with whether somebody holds their schedules back and whether what the old application began is over.
SELECT
    g.id AS organization_id,
    CASE WHEN o.value = 'false'::jsonb THEN 'no' ELSE 'yes' END AS is_let,
    CASE
        WHEN EXISTS (
            SELECT 1
            FROM atlas.execution_owners AS e
            WHERE e.organization_id::text = g.id AND e.fenced_at IS NOT NULL AND e.drained_at IS NULL
        ) THEN 'no'
        ELSE 'yes'
    END AS is_drained
FROM unnest(%(organizations_that_exist)s::text []) AS g (id)
LEFT JOIN atlas.flag_overrides AS o ON g.id = o.organization_id::text AND o.flag_key = 'scheduling.translated'
WHERE %(organizations)s::text [] IS NULL OR g.id = any(%(organizations)s::text [])
