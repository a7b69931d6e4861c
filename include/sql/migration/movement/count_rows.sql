-- How many rows a table holds: exactly where it is small, else the planner's estimate.
SELECT greatest(reltuples, 0)::bigint
FROM pg_class
WHERE oid = to_regclass(%(table)s)
