-- Every ordinary table of the database, so that data of those we do not need can be left out of a dump.
SELECT
    nsp.nspname AS "schema",
    cls.relname AS name
FROM pg_catalog.pg_class AS cls
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
WHERE
    cls.relkind IN ('r', 'm')
    AND nsp.nspname NOT IN ('pg_catalog', 'information_schema')
    AND nsp.nspname NOT LIKE 'pg\_%%'
ORDER BY 1, 2
