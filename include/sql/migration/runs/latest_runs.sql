-- Phase runs, newest first.
SELECT id, phase, status, scope, options, started_at, finished_at, actor, summary, problem
FROM atlas.phase_runs
WHERE %(phase)s::text IS NULL OR phase = %(phase)s
ORDER BY started_at DESC
LIMIT %(limit)s
