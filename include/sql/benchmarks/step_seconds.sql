-- How long each step of a phase run took.
SELECT
    kind,
    extract(EPOCH FROM finished_at - started_at)::float8 AS seconds
FROM atlas.phase_run_steps
WHERE phase_run_id = %(run_id)s AND finished_at IS NOT NULL
ORDER BY position
