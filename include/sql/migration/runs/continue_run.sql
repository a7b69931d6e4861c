-- Take up an unfinished run again, with the options given now; steps that did not pass are pending again.
WITH run AS (
    UPDATE atlas.phase_runs
    SET status = 'running', problem = NULL, finished_at = NULL, options = %(options)s,
        summary = (summary - 'driver') || %(driver)s
    WHERE id = %(id)s
    RETURNING id
)
UPDATE atlas.phase_run_steps AS step
SET status = 'pending', problem = NULL, finished_at = NULL
FROM run
WHERE step.phase_run_id = run.id AND step.status NOT IN ('passed', 'skipped')
