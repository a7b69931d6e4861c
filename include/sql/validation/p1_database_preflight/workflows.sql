-- Legacy workflows of any shape, with what the preflight suite looks at. A name that the table lacks is found in
-- `absent` instead, and is NULL there.
SELECT
    'workflows' AS source_table,
    legacy.id::text AS source_id,
    legacy.organization_id,
    legacy.status,
    CASE
        WHEN legacy.organization_id IS NULL THEN 'yes'
        WHEN legacy.organization_id = any(%(organizations_that_exist)s::text []) THEN 'yes'
        ELSE 'no'
    END AS organization_known,
    legacy.bytes
FROM (
    SELECT
        NULL::uuid AS organization_id,
        NULL::uuid AS org_id,
        NULL::text AS status,
        NULL::boolean AS is_active,
        NULL::boolean AS active
) AS absent
CROSS JOIN LATERAL (
    SELECT
        source.id,
        coalesce(organization_id::text, org_id::text) AS organization_id,
        coalesce(status::text, is_active::text, active::text) AS status,
        pg_column_size(source.*) AS bytes
    FROM public.workflows AS source
) AS legacy
WHERE
    %(organizations)s::text [] IS NULL
    OR legacy.organization_id = any(%(organizations)s::text [])
