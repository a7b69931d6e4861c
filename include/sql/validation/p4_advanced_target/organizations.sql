-- Organizations of the run, with whether their flag lets translated schedules fire.
SELECT
    g.id AS organization_id,
    CASE WHEN o.value = 'true'::jsonb THEN 'yes' ELSE 'no' END AS is_let
FROM unnest(%(organizations_that_exist)s::text []) AS g (id)
LEFT JOIN atlas.flag_overrides AS o ON g.id = o.organization_id::text AND o.flag_key = 'scheduling.translated'
WHERE %(organizations)s::text [] IS NULL OR g.id = any(%(organizations)s::text [])
