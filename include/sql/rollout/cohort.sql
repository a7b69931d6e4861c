-- One cohort by name.
SELECT c.name AS cohort, c.percentage, c.salt, c.allow, c.deny
FROM atlas.cohorts AS c
WHERE c.name = %(name)s
