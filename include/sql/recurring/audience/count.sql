-- How many rows of an organization an audience query finds, and of how many.
SELECT count(found.id) FILTER (WHERE {condition}) AS found, count(found.id) AS everybody
FROM {table} AS found
WHERE {organization}
