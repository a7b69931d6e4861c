-- How long the step backfill of the only phase run took.
SELECT extract(EPOCH FROM finished_at - started_at)::float8 * 1000
FROM atlas.phase_run_steps
WHERE kind = 'backfill' AND status = 'passed'
