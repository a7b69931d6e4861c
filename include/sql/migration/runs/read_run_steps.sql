-- The steps of a phase run in order.
SELECT position, kind, status, started_at, finished_at, summary, problem
FROM atlas.phase_run_steps
WHERE phase_run_id = %(id)s
ORDER BY position
