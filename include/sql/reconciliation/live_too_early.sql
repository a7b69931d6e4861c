-- Migrated rows that are armed, or executed by us without a cutover's decision, for organizations without a later phase.
SELECT
    early.source_table,
    early.source_id,
    early.organization_id::text AS organization_id,
    early.place
FROM (
    SELECT source_table, source_id, organization_id, 'workflows.owner' AS place
    FROM atlas.workflows AS workflow
    WHERE owner <> 'legacy_app' AND NOT EXISTS (
        SELECT 1
        FROM atlas.execution_owners AS decided
        WHERE
            decided.organization_id = workflow.organization_id AND decided.workflow_id = workflow.id
            AND decided.trigger_key = '' AND decided.owner = workflow.owner
    )
    UNION ALL
    SELECT source_table, source_id, organization_id, 'workflow_schedules.is_active'
    FROM atlas.workflow_schedules
    WHERE is_active
    UNION ALL
    SELECT source_table, source_id, organization_id, 'workflow_webhooks.is_active'
    FROM atlas.workflow_webhooks
    WHERE is_active
) AS early
WHERE
    early.source_table IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM atlas.organization_phases AS later
        WHERE
            later.organization_id = early.organization_id
            AND later.phase > 'p1_database'
            AND later.status = 'applied'
    )
ORDER BY early.source_table, early.source_id, early.place
