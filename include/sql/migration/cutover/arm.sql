-- Switches the triggers of a workflow on, but for those that stay asleep.
UPDATE atlas.workflow_triggers AS t
SET is_active = t.trigger_key <> all(%(asleep)s::text []), updated_at = t.updated_at
WHERE t.workflow_id = %(workflow)s AND t.organization_id = %(organization)s
