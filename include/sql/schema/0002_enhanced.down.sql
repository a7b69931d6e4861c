-- Removes workflows, executions and what belongs to them, with their partitions.
DROP TABLE IF EXISTS
    atlas.workflow_execution_logs, atlas.workflow_execution_steps, atlas.workflow_executions, atlas.workflow_variables,
    atlas.workflow_triggers, atlas.workflow_versions, atlas.workflows;
