-- Keeps what came of an audience's entrants so far.
UPDATE atlas.audience_runs AS r
SET outcomes = %(outcomes)s, looked_at = clock_timestamp()
WHERE r.organization_id = %(organization)s AND r.id = %(run)s
