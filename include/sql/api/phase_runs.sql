-- The newest phase runs, as the page of runs shows them.
SELECT
    id,
    phase,
    status,
    started_at,
    finished_at,
    actor,
    problem
FROM atlas.phase_runs
ORDER BY started_at DESC
LIMIT %(limit)s
