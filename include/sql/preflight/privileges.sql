-- What this role may do: temporary tables in the database, and per legacy table SELECT and TRIGGER.
SELECT
    nsp.nspname || '.' || cls.relname AS table_name,
    has_table_privilege(cls.oid, 'SELECT') AS may_select,
    has_table_privilege(cls.oid, 'TRIGGER') AS may_trigger,
    has_schema_privilege(nsp.oid, 'USAGE') AS may_use,
    has_database_privilege(current_database(), 'TEMPORARY') AS may_make_temporary
FROM pg_catalog.pg_class AS cls
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
WHERE cls.relkind IN ('r', 'p') AND nsp.nspname || '.' || cls.relname = any(%(tables)s)
ORDER BY 1
