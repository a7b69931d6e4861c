-- Tables that say what their rows were made of, with their columns in order and which of those are arrays.
SELECT
    cls.relname AS name,
    array_agg(att.attname::text ORDER BY att.attnum) AS columns,
    coalesce(
        array_agg(att.attname::text) FILTER (WHERE typ.typcategory = 'A'), '{}'
    ) AS arrays
FROM pg_catalog.pg_class AS cls
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
INNER JOIN pg_catalog.pg_attribute AS att ON cls.oid = att.attrelid
INNER JOIN pg_catalog.pg_type AS typ ON att.atttypid = typ.oid
WHERE
    nsp.nspname = %(schema)s
    AND cls.relkind IN ('r', 'p')
    AND NOT cls.relispartition
    AND att.attnum > 0
    AND NOT att.attisdropped
GROUP BY cls.oid, cls.relname
HAVING array_agg(att.attname::text) @> ARRAY['source_table', 'source_id', 'organization_id']
ORDER BY cls.relname
