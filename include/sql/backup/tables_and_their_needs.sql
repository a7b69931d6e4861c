-- The named tables that exist, every table of schema atlas, and whatever their foreign keys need, transitively.
WITH RECURSIVE leads_to (origin, destination) AS (
    SELECT
        conrelid,
        confrelid
    FROM pg_catalog.pg_constraint
    WHERE contype = 'f'
    UNION ALL
    SELECT
        inhparent,
        inhrelid
    FROM pg_catalog.pg_inherits
),

needed (id) AS (
    SELECT cls.oid
    FROM pg_catalog.pg_class AS cls
    INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
    WHERE
        cls.relkind IN ('r', 'p')
        AND (nsp.nspname = 'atlas' OR (nsp.nspname || '.' || cls.relname) = any(%(tables)s))
    UNION
    SELECT leads_to.destination
    FROM needed
    INNER JOIN leads_to ON needed.id = leads_to.origin
)

SELECT
    nsp.nspname AS "schema",
    cls.relname AS name,
    pg_catalog.pg_table_size(cls.oid) AS bytes
FROM needed
INNER JOIN pg_catalog.pg_class AS cls ON needed.id = cls.oid
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
WHERE cls.relkind = 'r'
ORDER BY 1, 2
