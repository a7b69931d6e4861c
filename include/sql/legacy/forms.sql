-- What stands under the legacy tables' names: its kind, whose part it is, its parts that are foreign or are legacy tables
-- themselves, and whether it has a key that is bound to be unique (children by INHERITS have indexes of their own).
WITH RECURSIVE named AS (
    SELECT
        cls.oid,
        cls.relname,
        cls.relkind,
        cls.relispartition
    FROM pg_catalog.pg_class AS cls
    WHERE
        cls.relnamespace = to_regnamespace(%(schema)s)
        AND cls.relname = any(%(tables)s)
        AND cls.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
),

parts AS (
    SELECT
        named.oid AS root,
        inh.inhrelid AS part
    FROM named
    INNER JOIN pg_catalog.pg_inherits AS inh ON named.oid = inh.inhparent
    UNION
    SELECT
        parts.root,
        inh.inhrelid
    FROM parts
    INNER JOIN pg_catalog.pg_inherits AS inh ON parts.part = inh.inhparent
)

SELECT
    named.relname AS "table",
    named.relkind::text AS kind,
    (
        SELECT inh.inhparent::regclass::text FROM pg_catalog.pg_inherits AS inh
        WHERE inh.inhrelid = named.oid AND named.relispartition
    ) AS partition_of,
    array(
        SELECT parts.part::regclass::text
        FROM parts
        INNER JOIN pg_catalog.pg_class AS cls ON parts.part = cls.oid
        WHERE parts.root = named.oid AND cls.relkind = 'f'
        ORDER BY 1
    ) AS foreign_parts,
    array(
        SELECT inner_named.relname::text
        FROM parts
        INNER JOIN named AS inner_named ON parts.part = inner_named.oid
        WHERE parts.root = named.oid
        ORDER BY 1
    ) AS named_parts,
    EXISTS (
        SELECT 1 FROM pg_catalog.pg_attribute AS att
        WHERE att.attrelid = named.oid AND att.attname = %(key)s AND NOT att.attisdropped
    ) AS has_key,
    EXISTS (
        SELECT 1
        FROM pg_catalog.pg_index AS idx
        INNER JOIN pg_catalog.pg_attribute AS att ON named.oid = att.attrelid AND idx.indkey[0] = att.attnum
        WHERE
            idx.indrelid = named.oid
            AND idx.indisunique
            AND idx.indisvalid
            AND idx.indimmediate
            AND idx.indpred IS NULL
            AND idx.indnkeyatts = 1
            AND att.attname = %(key)s
            AND att.attnotnull
    ) AND NOT EXISTS (
        SELECT 1
        FROM parts
        INNER JOIN pg_catalog.pg_class AS cls ON parts.part = cls.oid
        WHERE parts.root = named.oid AND NOT cls.relispartition
    ) AS key_is_unique
FROM named
ORDER BY named.relname
