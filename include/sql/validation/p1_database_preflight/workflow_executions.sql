-- Legacy executions of any shape, with what the preflight suite looks at. Columns that a shape lacks read as NULL.
SELECT
    'workflow_executions' AS source_table,
    doc.row ->> 'id' AS source_id,
    coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') AS organization_id,
    doc.row ->> 'workflow_id' AS workflow_id,
    CASE
        WHEN (doc.row ->> 'completed_at')::timestamptz < (doc.row ->> 'started_at')::timestamptz THEN 'no' ELSE 'yes'
    END AS in_order,
    CASE
        WHEN
            doc.row ->> 'status' = 'running'
            AND doc.row ->> 'completed_at' IS NULL
            AND (doc.row ->> 'started_at')::timestamptz < now() - interval '1 day'
            THEN 'yes'
        ELSE 'no'
    END AS is_stuck
FROM public.workflow_executions AS legacy
CROSS JOIN LATERAL (
    SELECT to_jsonb(legacy) - '{input_data,output_data,trigger_data,context,execution_steps}'::text [] AS row
) AS doc
WHERE
    %(organizations)s::text [] IS NULL
    OR coalesce(doc.row ->> 'organization_id', doc.row ->> 'org_id') = any(%(organizations)s::text [])
