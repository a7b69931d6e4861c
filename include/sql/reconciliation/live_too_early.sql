-- Migrated workflows, and what stands beside them, that are armed or executed by us although no cutover decided so.
WITH decided AS (
    SELECT DISTINCT workflow_id
    FROM atlas.execution_owners
    WHERE owner <> 'legacy_app'
),

armed AS (
    SELECT source_table, source_id, organization_id, workflow_id, 'workflow_triggers.is_active' AS place
    FROM atlas.workflow_triggers
    WHERE is_active
    UNION ALL
    SELECT source_table, source_id, organization_id, workflow_id, 'workflow_schedules.is_active'
    FROM atlas.workflow_schedules
    WHERE is_active
    UNION ALL
    SELECT source_table, source_id, organization_id, workflow_id, 'workflow_webhooks.is_active'
    FROM atlas.workflow_webhooks AS webhook
    -- About one without a workflow no cutover decides, but whoever resumed it.
    WHERE is_active AND (workflow_id IS NOT NULL OR NOT EXISTS (
        SELECT 1
        FROM atlas.audit_log AS entry
        WHERE
            entry.organization_id = webhook.organization_id AND entry.subject_table = 'workflow_webhooks'
            AND entry.subject_id = webhook.id::text AND entry.action = 'resume_webhook'
    ))
),

early AS (
    SELECT source_table, source_id, organization_id, 'workflows.owner' AS place
    FROM atlas.workflows AS workflow
    WHERE owner <> 'legacy_app' AND NOT EXISTS (
        SELECT 1
        FROM atlas.execution_owners AS owners
        WHERE
            owners.organization_id = workflow.organization_id AND owners.workflow_id = workflow.id
            AND owners.trigger_key = '' AND owners.owner = workflow.owner
    )
    UNION ALL
    -- What names no source row itself is its workflow's all the same.
    SELECT
        coalesce(armed.source_table, workflow.source_table),
        coalesce(armed.source_id, workflow.source_id),
        armed.organization_id,
        armed.place
    FROM armed
    LEFT JOIN atlas.workflows AS workflow ON armed.workflow_id = workflow.id
    LEFT JOIN decided ON armed.workflow_id = decided.workflow_id
    WHERE decided.workflow_id IS NULL
)

SELECT
    early.source_table,
    early.source_id,
    early.organization_id::text AS organization_id,
    early.place
FROM early
WHERE
    early.source_table IS NOT NULL
    AND (%(organizations)s::uuid [] IS NULL OR early.organization_id = any(%(organizations)s::uuid []))
ORDER BY early.source_table, early.source_id, early.place
