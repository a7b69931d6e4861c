-- How long each step of the newest phase run took.
SELECT
    kind,
    extract(EPOCH FROM finished_at - started_at)::float8 AS seconds
FROM atlas.phase_run_steps
WHERE
    phase_run_id = (SELECT run.id FROM atlas.phase_runs AS run ORDER BY run.started_at DESC LIMIT 1)
    AND finished_at IS NOT NULL
ORDER BY position
