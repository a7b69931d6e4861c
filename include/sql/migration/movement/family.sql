-- A table with its partitions and children, itself first: schema, name, and whether a row trigger has to be put on it
-- (a partition has its parent's).
WITH RECURSIVE family AS (
    SELECT
        cls.oid,
        0 AS depth
    FROM pg_catalog.pg_class AS cls
    WHERE cls.oid = to_regclass(%(table)s)
    UNION ALL
    SELECT
        inh.inhrelid,
        family.depth + 1
    FROM family
    INNER JOIN pg_catalog.pg_inherits AS inh ON family.oid = inh.inhparent
)

SELECT
    min(family.depth) AS depth,
    nsp.nspname AS table_schema,
    cls.relname AS table_name,
    NOT cls.relispartition AS wants_row_trigger
FROM family
INNER JOIN pg_catalog.pg_class AS cls ON family.oid = cls.oid
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
GROUP BY nsp.nspname, cls.relname, cls.relispartition
ORDER BY 1, 2, 3
