-- Every table, view and sequence outside the system schemas, with the mark that the sample leaves on its own.
SELECT
    n.nspname AS schema_name,
    c.relname AS table_name,
    coalesce(obj_description(c.oid, 'pg_class'), '') AS mark
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
WHERE
    c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT LIKE 'pg\_%'
    AND n.nspname <> 'information_schema'
ORDER BY 1, 2;
