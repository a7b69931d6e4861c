-- A step ended with this result.
UPDATE atlas.phase_run_steps
SET status = %(status)s, finished_at = %(at)s, summary = %(summary)s, problem = %(problem)s
WHERE phase_run_id = %(id)s AND kind = %(kind)s
