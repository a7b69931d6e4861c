-- Legacy workflows of any shape, with what the preflight suite looks at. Columns that a shape lacks read as NULL.
SELECT
    'workflows' AS source_table,
    doc.row ->> 'id' AS source_id,
    coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') AS organization_id,
    coalesce(doc.row ->> 'status', doc.row ->> 'is_active', doc.row ->> 'active') AS status,
    CASE
        WHEN coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') IS NULL THEN 'yes'
        WHEN
            coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') = any(%(organizations_that_exist)s::text [])
            THEN 'yes'
        ELSE 'no'
    END AS organization_known,
    pg_column_size(legacy.*) AS bytes
FROM public.workflows AS legacy
CROSS JOIN LATERAL (SELECT to_jsonb(legacy) AS row) AS doc
WHERE
    %(organizations)s::text [] IS NULL
    OR coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') = any(%(organizations)s::text [])
