-- How many rows of a table belong to these organizations; {table} is an identifier.
SELECT count(*)
FROM {table} AS row
WHERE %(organizations)s::text[] IS NULL OR row.organization_id::text = ANY(%(organizations)s::text[])
