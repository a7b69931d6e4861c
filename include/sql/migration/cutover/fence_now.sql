-- Moves the fence of workflows that were just switched off to this very instant.
UPDATE atlas.execution_owners AS o
SET fenced_at = clock_timestamp()
WHERE o.workflow_id = any(%(workflows)s::uuid []) AND o.trigger_key = '' AND o.fenced_at IS NOT NULL
