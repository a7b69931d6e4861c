-- Runs of a phase that have not come to an end, newest first, with the first step that has not passed and how it stands.
SELECT
    run.id, run.status, run.scope, next_step.kind AS next_step, next_step.status AS step_status
FROM atlas.phase_runs AS run
LEFT JOIN LATERAL (
    SELECT step.kind, step.status
    FROM atlas.phase_run_steps AS step
    WHERE step.phase_run_id = run.id AND step.status NOT IN ('passed', 'skipped')
    ORDER BY step.position
    LIMIT 1
) AS next_step ON true
WHERE run.phase = %(phase)s
    AND run.status IN ('running', 'interrupted', 'paused', 'waiting', 'failed')
    AND NOT run.dry_run
    AND NOT EXISTS (
        SELECT 1 FROM atlas.phase_runs AS later
        WHERE later.phase = run.phase AND later.started_at > run.started_at AND NOT later.dry_run
    )
ORDER BY run.started_at DESC
