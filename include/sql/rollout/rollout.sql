-- How far a phase is rolled out.
SELECT
    r.phase,
    c.name AS cohort,
    c.percentage,
    c.salt,
    c.allow,
    c.deny,
    r.halted_at,
    r.halted_by,
    r.halt_reason
FROM atlas.rollouts AS r
INNER JOIN atlas.cohorts AS c ON r.cohort = c.name
WHERE r.phase = %(phase)s
