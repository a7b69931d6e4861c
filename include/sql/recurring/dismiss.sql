-- Takes schedules from the sweep: they have a DAG of their own, or are not published any more.
UPDATE atlas.recurring_schedules AS s
SET next_due_at = NULL, workflow_version = NULL
FROM json_to_recordset(%(schedules)s) AS a (organization_id uuid, workflow_id uuid, trigger_key text)
WHERE s.organization_id = a.organization_id AND s.workflow_id = a.workflow_id AND s.trigger_key = a.trigger_key
