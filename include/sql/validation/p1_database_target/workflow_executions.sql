-- Migrated executions with what the target suite looks at.
SELECT
    source_table,
    source_id,
    organization_id::text AS organization_id,
    CASE
        WHEN completed_at < started_at AND NOT legacy_flags @> ARRAY['contradictory'] THEN 'no' ELSE 'yes'
    END AS contradiction_flagged,
    CASE WHEN started_at > now() THEN 'yes' ELSE 'no' END AS in_future
FROM atlas.workflow_executions
WHERE
    source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR organization_id::text = any(%(organizations)s::text []))
