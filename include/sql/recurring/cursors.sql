-- How schedules stand with the sweep.
SELECT
    s.organization_id::text AS organization, s.workflow_id::text AS workflow, s.trigger_key AS trigger,
    s.workflow_version AS version, s.active_since, s.decided_through, s.next_due_at
FROM atlas.recurring_schedules AS s
