-- How the phase run stands; a final status also gets its time.
UPDATE atlas.phase_runs
SET status = %(status)s,
    problem = %(problem)s,
    summary = summary || %(summary)s::jsonb,
    finished_at = CASE WHEN %(status)s IN ('succeeded', 'failed', 'rolled_back', 'cancelled') THEN %(at)s::timestamptz END
WHERE id = %(id)s
