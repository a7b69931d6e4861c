-- Remove the rows of these organizations; {table} is an identifier.
DELETE FROM {table} AS row
WHERE %(organizations)s::text[] IS NULL OR row.organization_id = ANY(%(organizations)s::uuid[])
