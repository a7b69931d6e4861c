-- Runs that did not end may not go on over organizations that were rolled back meanwhile.
UPDATE atlas.phase_runs
SET status = CASE WHEN %(everything)s THEN 'rolled_back' ELSE 'cancelled' END, finished_at = coalesce(finished_at, %(at)s)
WHERE phase = %(phase)s
    AND (status IN ('running', 'interrupted', 'paused', 'waiting', 'failed') OR (%(everything)s AND status = 'succeeded'))
