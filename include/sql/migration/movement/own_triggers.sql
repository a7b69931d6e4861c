-- The capture triggers that stand for some legacy tables, where they can be dropped: not on partitions that have them
-- from their parent, but on whatever was a part of the table once.
SELECT
    nsp.nspname AS table_schema,
    cls.relname AS table_name,
    trg.tgname AS trigger_name
FROM pg_catalog.pg_trigger AS trg
INNER JOIN pg_catalog.pg_class AS cls ON trg.tgrelid = cls.oid
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
INNER JOIN pg_catalog.pg_proc AS pro ON trg.tgfoid = pro.oid
WHERE
    trg.tgname IN ('atlas_capture', 'atlas_capture_truncate')
    AND trg.tgparentid = 0
    AND pro.pronamespace = to_regnamespace('atlas')
    AND coalesce(nullif(split_part(encode(trg.tgargs, 'escape'), '\000', 1), ''), cls.relname) = any(%(tables)s)
ORDER BY 1, 2, 3
