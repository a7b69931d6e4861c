-- Every column of every ordinary table in one schema, in column order, with its type and its place in the primary key.
SELECT
    relation.relname AS table_name,
    attribute.attname AS column_name,
    pg_catalog.format_type(attribute.atttypid, attribute.atttypmod) AS column_type,
    pg_catalog.array_position(primary_key.conkey, attribute.attnum) AS key_position
FROM pg_catalog.pg_class AS relation
INNER JOIN pg_catalog.pg_namespace AS namespace ON relation.relnamespace = namespace.oid
INNER JOIN pg_catalog.pg_attribute AS attribute ON relation.oid = attribute.attrelid
LEFT JOIN pg_catalog.pg_constraint AS primary_key
    ON relation.oid = primary_key.conrelid AND primary_key.contype = 'p'
WHERE
    namespace.nspname = %(schema)s
    AND relation.relkind IN ('r', 'p')
    -- Partitions are read, written and counted through the table they belong to.
    AND NOT relation.relispartition
    AND attribute.attnum > 0
    AND NOT attribute.attisdropped
ORDER BY relation.relname, attribute.attnum
