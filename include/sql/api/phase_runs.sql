-- The newest phase runs, as the page of runs shows them.
SELECT
    run.id,
    run.phase,
    run.status,
    run.started_at,
    run.finished_at,
    run.actor,
    run.problem,
    run.scope::text AS scope,
    EXISTS (
        SELECT FROM atlas.phase_run_steps AS step
        WHERE step.phase_run_id = run.id AND step.kind = 'shadow' AND step.finished_at IS NOT NULL
    ) AS has_shadow,
    EXISTS (
        SELECT FROM atlas.phase_run_steps AS step
        WHERE step.phase_run_id = run.id AND step.kind = 'plan_scheduling' AND step.finished_at IS NOT NULL
    ) AS has_schedules
FROM atlas.phase_runs AS run
ORDER BY run.started_at DESC
LIMIT %(limit)s
