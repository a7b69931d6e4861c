-- Rows of one organization that name a workflow of another, and endpoints that triggers of two organizations name.
WITH owned AS (
    SELECT 'workflow_executions' AS place, source_table, source_id, organization_id, workflow_id FROM atlas.workflow_executions
    UNION ALL
    SELECT 'workflow_versions', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_versions
    UNION ALL
    SELECT 'workflow_triggers', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_triggers
    UNION ALL
    SELECT 'workflow_variables', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_variables
    UNION ALL
    SELECT 'workflow_webhooks', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_webhooks
    UNION ALL
    SELECT 'workflow_schedules', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_schedules
    UNION ALL
    SELECT 'workflow_analytics', source_table, source_id, organization_id, workflow_id FROM atlas.workflow_analytics
)

SELECT
    owned.source_table,
    owned.source_id,
    owned.organization_id::text,
    owned.place || '.workflow_id' AS place,
    workflow.organization_id::text AS other
FROM owned
INNER JOIN atlas.workflows AS workflow ON owned.workflow_id = workflow.id
WHERE
    owned.organization_id <> workflow.organization_id AND owned.source_id IS NOT NULL
    AND (%(organizations)s::uuid [] IS NULL OR owned.organization_id = any(%(organizations)s::uuid []))

UNION ALL

SELECT DISTINCT
    here.source_table,
    here.source_id,
    here.organization_id::text,
    'workflow_triggers.webhook_endpoint' AS place,
    there.organization_id::text AS other
FROM atlas.workflow_triggers AS here
INNER JOIN atlas.workflow_triggers AS there
    ON here.webhook_endpoint = there.webhook_endpoint AND here.organization_id <> there.organization_id
WHERE
    here.source_id IS NOT NULL
    AND (%(organizations)s::uuid [] IS NULL OR here.organization_id = any(%(organizations)s::uuid []))

UNION ALL

SELECT
    trigger.source_table,
    trigger.source_id,
    trigger.organization_id::text,
    'workflow_triggers.webhook_endpoint' AS place,
    hook.organization_id::text AS other
FROM atlas.workflow_triggers AS trigger
INNER JOIN atlas.workflow_webhooks AS hook
    ON trigger.webhook_endpoint = hook.endpoint_id AND trigger.organization_id <> hook.organization_id
WHERE
    trigger.source_id IS NOT NULL
    AND (%(organizations)s::uuid [] IS NULL OR trigger.organization_id = any(%(organizations)s::uuid []))
