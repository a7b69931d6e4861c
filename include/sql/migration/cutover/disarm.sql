-- The triggers of workflows that are given back are off again, as phase 1 left them.
UPDATE atlas.workflow_triggers AS t
SET is_active = false, updated_at = t.updated_at
WHERE t.workflow_id = any(%(workflows)s::uuid []) AND t.is_active
