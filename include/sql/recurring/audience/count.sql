-- How many rows of an organization an audience query finds, and of how many.
SELECT count(*) FILTER (WHERE {condition}) AS found, count(*) AS everybody
FROM {table} AS found
WHERE {organization}
