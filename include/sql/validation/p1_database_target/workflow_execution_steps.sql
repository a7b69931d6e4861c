-- Migrated steps with what the target suite looks at. Executions are joined whole: looking each one up goes through
-- every month's partition.
SELECT
    stp.source_table,
    stp.source_id,
    stp.organization_id::text AS organization_id,
    stp.position,
    CASE WHEN exe.id IS NULL THEN 'no' ELSE 'yes' END AS has_execution
FROM atlas.workflow_execution_steps AS stp
LEFT JOIN (SELECT DISTINCT id, organization_id FROM atlas.workflow_executions) AS exe
    ON stp.execution_id = exe.id AND stp.organization_id = exe.organization_id
WHERE
    stp.source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR stp.organization_id::text = any(%(organizations)s::text []))
