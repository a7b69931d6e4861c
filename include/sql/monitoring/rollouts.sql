-- How far each phase is rolled out, and whether that was halted.
SELECT 'rollout' AS name, ARRAY[r.phase, r.cohort] AS labels, c.percentage::double precision AS value
FROM atlas.rollouts AS r
INNER JOIN atlas.cohorts AS c ON c.name = r.cohort
UNION ALL
SELECT 'halted', ARRAY[r.phase, r.cohort], CASE WHEN r.halted_at IS NULL THEN 0 ELSE 1 END
FROM atlas.rollouts AS r
