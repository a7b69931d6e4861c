-- When the sweep has something to decide next.
SELECT min(s.next_due_at) FROM atlas.recurring_schedules AS s
