-- The groups of organizations by which a migration proceeds.
SELECT c.name, c.percentage, c.allow::text[] AS allow, c.deny::text[] AS deny, c.created_at
FROM atlas.cohorts AS c
ORDER BY c.name
