-- Move the phase run from one status to another; no row means that it was not in the first.
UPDATE atlas.phase_runs
SET status = %(wanted)s
WHERE id = %(id)s AND status = ANY(%(present)s)
RETURNING id
