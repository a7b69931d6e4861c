-- One phase run.
SELECT id, phase, status, scope, options, started_at, finished_at, actor, summary, problem
FROM atlas.phase_runs
WHERE id = %(id)s
