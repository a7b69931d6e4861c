-- Moves the cursors of schedules whose occurrence was decided.
UPDATE atlas.recurring_schedules AS s
SET decided_through = greatest(s.decided_through, a.decided_through), next_due_at = a.next_due_at,
    workflow_version = CASE WHEN a.is_gone THEN NULL ELSE s.workflow_version END
FROM json_to_recordset(%(schedules)s) AS a (
    organization_id uuid, workflow_id uuid, trigger_key text, decided_through timestamptz, next_due_at timestamptz,
    is_gone boolean
)
WHERE s.organization_id = a.organization_id AND s.workflow_id = a.workflow_id AND s.trigger_key = a.trigger_key
