-- The named tables that exist, with their columns in order, the types of these, and the column of a single-column primary key.
SELECT
    cls.relname AS "table",
    array_agg(att.attname::text ORDER BY att.attnum) AS columns,
    array_agg(format_type(att.atttypid, att.atttypmod) ORDER BY att.attnum) AS types,
    (
        SELECT key_att.attname::text
        FROM pg_catalog.pg_constraint AS con
        INNER JOIN pg_catalog.pg_attribute AS key_att
            ON con.conrelid = key_att.attrelid AND con.conkey[1] = key_att.attnum
        WHERE con.conrelid = cls.oid AND con.contype = 'p' AND cardinality(con.conkey) = 1
    ) AS "key"
FROM pg_catalog.pg_class AS cls
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
INNER JOIN pg_catalog.pg_attribute AS att ON cls.oid = att.attrelid
WHERE
    nsp.nspname = %(schema)s
    AND cls.relname = any(%(tables)s)
    AND cls.relkind IN ('r', 'p')
    AND NOT cls.relispartition
    AND att.attnum > 0
    AND NOT att.attisdropped
GROUP BY cls.oid, cls.relname
