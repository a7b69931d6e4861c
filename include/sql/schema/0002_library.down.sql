-- Removes what stands around workflows.
DROP TABLE IF EXISTS
    atlas.consents, atlas.workflow_conditions, atlas.workflow_rate_limits, atlas.workflow_performance_metrics,
    atlas.workflow_execution_queue, atlas.workflow_schedules, atlas.workflow_webhooks, atlas.workflow_analytics,
    atlas.workflow_trigger_definitions, atlas.workflow_action_definitions, atlas.workflow_code_snippets,
    atlas.workflow_templates;
