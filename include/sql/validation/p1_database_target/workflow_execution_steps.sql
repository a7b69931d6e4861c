-- Migrated steps with what the target suite looks at.
SELECT
    stp.source_table,
    stp.source_id,
    stp.organization_id::text AS organization_id,
    stp.position,
    CASE
        WHEN EXISTS (
            SELECT 1 FROM atlas.workflow_executions AS exe
            WHERE exe.id = stp.execution_id AND exe.organization_id = stp.organization_id
        ) THEN 'yes'
        ELSE 'no'
    END AS has_execution
FROM atlas.workflow_execution_steps AS stp
WHERE
    stp.source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR stp.organization_id::text = any(%(organizations)s::text []))
