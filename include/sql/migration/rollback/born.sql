-- The rows of a table that were born here and not migrated; {act} counts or deletes them, {table} is an identifier.
{act} FROM {table} AS born
WHERE
    born.source_id IS NULL
    AND (%(organizations)s::text [] IS NULL OR born.organization_id = any(%(organizations)s::uuid []))
