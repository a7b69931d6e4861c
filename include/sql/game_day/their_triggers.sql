-- Database triggers that are not ours: in a copy they might call out.
SELECT n.nspname AS "schema", c.relname AS "table", t.tgname AS name
FROM pg_catalog.pg_trigger AS t
INNER JOIN pg_catalog.pg_class AS c ON t.tgrelid = c.oid
INNER JOIN pg_catalog.pg_namespace AS n ON c.relnamespace = n.oid
INNER JOIN pg_catalog.pg_proc AS p ON t.tgfoid = p.oid
INNER JOIN pg_catalog.pg_namespace AS f ON p.pronamespace = f.oid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND f.nspname <> 'atlas' AND n.nspname <> 'atlas'
ORDER BY 1, 2, 3
