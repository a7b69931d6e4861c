-- Flags with their cohort; one of them where a key is given.
SELECT
    f.key, f.type, f.default_value::text AS default_value, f.owner, f.expires_at, f.reason, f.description,
    f.cohort, f.cohort_value::text AS cohort_value, c.percentage, c.salt, c.allow, c.deny
FROM atlas.flags AS f
LEFT JOIN atlas.cohorts AS c ON c.name = f.cohort
WHERE %(key)s::text IS NULL OR f.key = %(key)s
ORDER BY f.key
