-- Legacy workflows of any shape, with what a cutover needs of them. A name that the table lacks is found in `absent`
-- instead, and is NULL there.
SELECT
    'workflows' AS source_table,
    legacy.id::text AS source_id,
    legacy.organization_id,
    CASE
        WHEN has_table_privilege('public.workflows', 'UPDATE') THEN 'yes'
        WHEN has_any_column_privilege('public.workflows', 'UPDATE') THEN 'yes'
        ELSE 'no'
    END AS may_switch,
    CASE WHEN known.source_id IS NULL THEN 'no' ELSE 'yes' END AS is_known,
    CASE
        WHEN lower(legacy.status) IN ('active', 'enabled', 'published') AND NOT legacy.switch THEN 'no'
        WHEN lower(legacy.status) NOT IN ('active', 'enabled', 'published') AND legacy.switch THEN 'no'
        ELSE 'yes'
    END AS switches_agree
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
        status::text AS status,
        coalesce(is_active, active) AS switch
    FROM public.workflows AS source
) AS legacy
LEFT JOIN atlas.migration_ledger AS known
    ON known.source_table = 'workflows' AND known.source_id = legacy.id::text AND known.rolled_back_at IS NULL
WHERE
    %(organizations)s::text [] IS NULL
    OR legacy.organization_id = any(%(organizations)s::text [])
