-- Removes the enhanced tables with their partitions.
DROP TABLE IF EXISTS
    atlas.consents, atlas.workflow_conditions, atlas.workflow_rate_limits, atlas.workflow_performance_metrics,
    atlas.workflow_execution_queue, atlas.workflow_schedules, atlas.workflow_webhooks, atlas.workflow_analytics,
    atlas.workflow_trigger_definitions, atlas.workflow_action_definitions, atlas.workflow_code_snippets,
    atlas.workflow_templates, atlas.workflow_execution_logs, atlas.workflow_execution_steps,
    atlas.workflow_executions, atlas.workflow_variables, atlas.workflow_triggers, atlas.workflow_versions,
    atlas.workflows;
