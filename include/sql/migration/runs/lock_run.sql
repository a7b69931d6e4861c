-- Holds a phase run until the transaction ends, so that of two who decide about it one comes first.
SELECT r.id
FROM atlas.phase_runs AS r
WHERE r.id = %(id)s
FOR UPDATE
