-- Legacy executions of any shape, with what the preflight suite looks at. A name that the table lacks is found in
-- `absent` instead, and is NULL there.
SELECT
    'workflow_executions' AS source_table,
    legacy.id::text AS source_id,
    legacy.organization_id,
    legacy.workflow_id,
    CASE WHEN legacy.completed_at < legacy.started_at THEN 'no' ELSE 'yes' END AS in_order,
    CASE
        WHEN
            legacy.status = 'running'
            AND legacy.completed_at IS NULL
            AND legacy.started_at < now() - interval '1 day'
            THEN 'yes'
        ELSE 'no'
    END AS is_stuck
FROM (
    SELECT
        NULL::uuid AS organization_id,
        NULL::uuid AS org_id,
        NULL::uuid AS workflow_id,
        NULL::text AS status,
        NULL::timestamptz AS started_at,
        NULL::timestamptz AS completed_at
) AS absent
CROSS JOIN LATERAL (
    SELECT
        id,
        coalesce(organization_id::text, org_id::text) AS organization_id,
        workflow_id::text AS workflow_id,
        status::text AS status,
        started_at::timestamptz AS started_at,
        completed_at::timestamptz AS completed_at
    FROM public.workflow_executions
) AS legacy
WHERE
    %(organizations)s::text [] IS NULL
    OR legacy.organization_id = any(%(organizations)s::text [])
