-- The span of plausible starts in legacy executions; {table} and {column} are identifiers.
SELECT min(source.{column}) AS first, max(source.{column}) AS last
FROM {table} AS source
WHERE source.{column} BETWEEN '2015-01-01' AND now() + interval '1 month'
