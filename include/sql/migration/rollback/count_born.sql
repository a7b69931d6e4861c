-- How many rows of a table were born here and not migrated; {table} is an identifier.
SELECT count(*)
FROM {table} AS born
WHERE born.source_id IS NULL
    AND (%(organizations)s::text[] IS NULL OR born.organization_id::text = ANY(%(organizations)s::text[]))
