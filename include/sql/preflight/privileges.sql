-- What this role may do: temporary tables in the database, and per legacy table SELECT and TRIGGER.
SELECT
    nsp.nspname || '.' || cls.relname AS "table",
    has_table_privilege(cls.oid, 'SELECT') AND has_schema_privilege(nsp.oid, 'USAGE') AS may_read,
    has_table_privilege(cls.oid, 'TRIGGER') AS may_trigger,
    has_database_privilege(current_database(), 'TEMPORARY') AS may_make_temporary
FROM pg_catalog.pg_class AS cls
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
WHERE cls.relkind IN ('r', 'p') AND nsp.nspname || '.' || cls.relname = any(%(tables)s)
ORDER BY 1
