-- Writes down for the sweep which version of a schedule stands, and when it is due next. What was decided stays decided.
INSERT INTO atlas.recurring_schedules (
    organization_id, workflow_id, trigger_key, workflow_version, active_since, next_due_at
)
SELECT a.organization_id, a.workflow_id, a.trigger_key, a.workflow_version, a.active_since, a.next_due_at
FROM json_to_recordset(%(schedules)s) AS a (
    organization_id uuid, workflow_id uuid, trigger_key text, workflow_version integer, active_since timestamptz,
    next_due_at timestamptz
)
ON CONFLICT (organization_id, workflow_id, trigger_key) DO UPDATE
SET workflow_version = excluded.workflow_version, active_since = excluded.active_since, next_due_at = excluded.next_due_at
