-- The schedules of the sweep that are due, the longest first, locked; those that another sweep has in hand are left to it.
SELECT
    s.organization_id::text AS organization, s.workflow_id::text AS workflow, s.trigger_key AS trigger, s.next_due_at AS due
FROM atlas.recurring_schedules AS s
WHERE s.next_due_at <= %(now)s
ORDER BY s.next_due_at, s.organization_id, s.workflow_id, s.trigger_key
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
