-- Remove what was born here and not migrated; {table} is an identifier.
DELETE FROM {table} AS born
WHERE
    born.source_id IS NULL
    AND (%(organizations)s::text [] IS NULL OR born.organization_id = any(%(organizations)s::uuid []))
