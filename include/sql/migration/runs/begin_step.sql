-- A step starts, or starts again.
UPDATE atlas.phase_run_steps
SET status = 'running', started_at = coalesce(started_at, %(at)s), finished_at = NULL, problem = NULL
WHERE phase_run_id = %(id)s AND kind = %(kind)s
