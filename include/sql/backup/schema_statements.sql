-- The statements that make the database's user-defined objects anew, in order: what tables need (1), tables (2),
-- functions, defaults and whose part a table is (3), and what belongs after the data (4: keys and checks, 5: the rest).
-- Parts are made as tables of their own and joined, so that their columns keep their order.
WITH mine AS (
    SELECT
        oid,
        nspname
    FROM pg_catalog.pg_namespace
    WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%%'
),

extension_owned AS (
    SELECT
        classid,
        objid
    FROM pg_catalog.pg_depend
    WHERE deptype = 'e'
),

tables AS (
    SELECT
        cls.oid,
        cls.relkind,
        cls.relispartition,
        cls.relrowsecurity,
        cls.relforcerowsecurity,
        cls.relpersistence,
        pg_catalog.format('%%I.%%I', mine.nspname, cls.relname) AS name,
        pg_catalog.pg_get_expr(cls.relpartbound, cls.oid) AS bound
    FROM pg_catalog.pg_class AS cls
    INNER JOIN mine ON cls.relnamespace = mine.oid
    WHERE
        cls.relkind IN ('r', 'p')
        AND NOT EXISTS (
            SELECT 1 FROM extension_owned
            WHERE extension_owned.objid = cls.oid AND extension_owned.classid = 'pg_class'::regclass
        )
),

sequences AS (
    SELECT
        pg_catalog.format('%%I.%%I', mine.nspname, cls.relname) AS name,
        pg_catalog.format(
            'INCREMENT %%s MINVALUE %%s MAXVALUE %%s START %%s CACHE %%s%%s', seq.seqincrement, seq.seqmin, seq.seqmax,
            seq.seqstart, seq.seqcache, CASE WHEN seq.seqcycle THEN ' CYCLE' ELSE '' END
        ) AS options,
        pg_catalog.format_type(seq.seqtypid, NULL) AS type,
        dep.refobjid AS table_id,
        dep.refobjsubid AS column_number,
        coalesce(dep.deptype = 'i', FALSE) AS is_identity
    FROM pg_catalog.pg_sequence AS seq
    INNER JOIN pg_catalog.pg_class AS cls ON seq.seqrelid = cls.oid
    INNER JOIN mine ON cls.relnamespace = mine.oid
    LEFT JOIN pg_catalog.pg_depend AS dep
        ON cls.oid = dep.objid AND dep.classid = 'pg_class'::regclass AND dep.refclassid = 'pg_class'::regclass
        AND dep.deptype IN ('a', 'i')
    WHERE
        NOT EXISTS (
            SELECT 1 FROM extension_owned
            WHERE extension_owned.objid = cls.oid AND extension_owned.classid = 'pg_class'::regclass
        )
),

columns AS (
    SELECT
        att.attrelid,
        pg_catalog.string_agg(
            pg_catalog.format('%%I %%s', att.attname, pg_catalog.format_type(att.atttypid, att.atttypmod))
            || CASE WHEN att.attcollation <> typ.typcollation THEN ' COLLATE ' || att.attcollation::regcollation ELSE '' END
            || CASE WHEN att.attnotnull THEN ' NOT NULL' ELSE '' END
            || CASE
                WHEN att.attidentity <> '' THEN pg_catalog.format(
                    ' GENERATED %%s AS IDENTITY (SEQUENCE NAME %%s %%s)',
                    CASE WHEN att.attidentity = 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                    own_sequence.name, own_sequence.options
                )
                WHEN att.attgenerated <> '' THEN pg_catalog.format(
                    ' GENERATED ALWAYS AS (%%s) %%s', pg_catalog.pg_get_expr(def.adbin, def.adrelid),
                    CASE WHEN att.attgenerated = 's' THEN 'STORED' ELSE 'VIRTUAL' END
                )
                ELSE ''
            END,
            ', ' ORDER BY att.attnum
        ) AS list
    FROM pg_catalog.pg_attribute AS att
    INNER JOIN pg_catalog.pg_type AS typ ON att.atttypid = typ.oid
    LEFT JOIN pg_catalog.pg_attrdef AS def ON att.attrelid = def.adrelid AND att.attnum = def.adnum
    LEFT JOIN sequences AS own_sequence
        ON att.attrelid = own_sequence.table_id AND att.attnum = own_sequence.column_number
        AND own_sequence.is_identity
    WHERE att.attnum > 0 AND NOT att.attisdropped
    GROUP BY att.attrelid
)

SELECT
    1 AS stage,
    pg_catalog.format('CREATE SCHEMA IF NOT EXISTS %%I', nspname) AS statement
FROM mine
UNION ALL
SELECT
    1,
    pg_catalog.format('CREATE TYPE %%I.%%I AS ENUM (%%s)', mine.nspname, typ.typname, (
        SELECT pg_catalog.string_agg(pg_catalog.quote_literal(enumlabel), ', ' ORDER BY enumsortorder)
        FROM pg_catalog.pg_enum WHERE enumtypid = typ.oid
    ))
FROM pg_catalog.pg_type AS typ
INNER JOIN mine ON typ.typnamespace = mine.oid
WHERE typ.typtype = 'e'
UNION ALL
SELECT
    1,
    pg_catalog.format(
        'CREATE DOMAIN %%I.%%I AS %%s%%s%%s%%s%%s', mine.nspname, typ.typname,
        pg_catalog.format_type(typ.typbasetype, typ.typtypmod),
        CASE WHEN typ.typcollation <> base.typcollation THEN ' COLLATE ' || typ.typcollation::regcollation END,
        ' DEFAULT ' || typ.typdefault,
        CASE WHEN typ.typnotnull THEN ' NOT NULL' END,
        (
            SELECT pg_catalog.string_agg(
                pg_catalog.format(' CONSTRAINT %%I %%s', con.conname, pg_catalog.pg_get_constraintdef(con.oid)),
                '' ORDER BY con.conname
            )
            FROM pg_catalog.pg_constraint AS con
            WHERE con.contypid = typ.oid AND con.contype = 'c'
        )
    )
FROM pg_catalog.pg_type AS typ
INNER JOIN mine ON typ.typnamespace = mine.oid
INNER JOIN pg_catalog.pg_type AS base ON typ.typbasetype = base.oid
WHERE
    typ.typtype = 'd'
    AND NOT EXISTS (
        SELECT 1 FROM extension_owned
        WHERE extension_owned.objid = typ.oid AND extension_owned.classid = 'pg_type'::regclass
    )
UNION ALL
SELECT
    1,
    pg_catalog.format('CREATE TYPE %%I.%%I AS (%%s)', mine.nspname, cls.relname, (
        SELECT pg_catalog.string_agg(
            pg_catalog.format('%%I %%s', att.attname, pg_catalog.format_type(att.atttypid, att.atttypmod)),
            ', ' ORDER BY att.attnum
        )
        FROM pg_catalog.pg_attribute AS att
        WHERE att.attrelid = cls.oid AND att.attnum > 0 AND NOT att.attisdropped
    ))
FROM pg_catalog.pg_class AS cls
INNER JOIN mine ON cls.relnamespace = mine.oid
WHERE
    cls.relkind = 'c'
    AND NOT EXISTS (
        SELECT 1 FROM extension_owned
        WHERE extension_owned.objid = cls.reltype AND extension_owned.classid = 'pg_type'::regclass
    )
UNION ALL
SELECT
    1,
    pg_catalog.format('CREATE SEQUENCE %%s AS %%s %%s', sequences.name, sequences.type, sequences.options)
FROM sequences
WHERE NOT sequences.is_identity
UNION ALL
SELECT
    3,
    pg_catalog.format('ALTER SEQUENCE %%s OWNED BY %%s.%%I', sequences.name, tables.name, att.attname)
FROM sequences
INNER JOIN tables ON sequences.table_id = tables.oid
INNER JOIN pg_catalog.pg_attribute AS att
    ON sequences.table_id = att.attrelid AND sequences.column_number = att.attnum
WHERE NOT sequences.is_identity
UNION ALL
SELECT
    2,
    pg_catalog.format(
        'CREATE %%sTABLE %%s (%%s)', CASE WHEN tables.relpersistence = 'u' THEN 'UNLOGGED ' END, tables.name, columns.list
    )
    || CASE WHEN tables.relkind = 'p' THEN ' PARTITION BY ' || pg_catalog.pg_get_partkeydef(tables.oid) ELSE '' END
FROM tables
LEFT JOIN columns ON tables.oid = columns.attrelid
UNION ALL
SELECT
    3,
    CASE
        WHEN tables.relispartition
            THEN pg_catalog.format('ALTER TABLE %%s ATTACH PARTITION %%s %%s', parents.name, tables.name, tables.bound)
        ELSE pg_catalog.format('ALTER TABLE %%s INHERIT %%s', tables.name, parents.name)
    END
FROM tables
INNER JOIN pg_catalog.pg_inherits AS inh ON tables.oid = inh.inhrelid
INNER JOIN tables AS parents ON inh.inhparent = parents.oid
UNION ALL
SELECT
    3,
    pg_catalog.pg_get_functiondef(pro.oid)
FROM pg_catalog.pg_proc AS pro
INNER JOIN mine ON pro.pronamespace = mine.oid
WHERE
    pro.prokind IN ('f', 'p')
    AND NOT EXISTS (
        SELECT 1 FROM extension_owned
        WHERE extension_owned.objid = pro.oid AND extension_owned.classid = 'pg_proc'::regclass
    )
UNION ALL
SELECT
    3,
    pg_catalog.format(
        'ALTER TABLE %%s ALTER COLUMN %%I SET DEFAULT %%s',
        tables.name, att.attname, pg_catalog.pg_get_expr(def.adbin, def.adrelid)
    )
FROM pg_catalog.pg_attrdef AS def
INNER JOIN tables ON def.adrelid = tables.oid
INNER JOIN pg_catalog.pg_attribute AS att ON def.adrelid = att.attrelid AND def.adnum = att.attnum
WHERE att.attgenerated = ''
UNION ALL
SELECT
    CASE WHEN con.contype = 'f' THEN 5 ELSE 4 END,
    pg_catalog.format(
        'ALTER TABLE %%s ADD CONSTRAINT %%I %%s', tables.name, con.conname, pg_catalog.pg_get_constraintdef(con.oid)
    )
FROM pg_catalog.pg_constraint AS con
INNER JOIN tables ON con.conrelid = tables.oid
WHERE con.contype IN ('p', 'u', 'c', 'x', 'f') AND con.conparentid = 0 AND con.coninhcount = 0
UNION ALL
SELECT
    5,
    -- ONLY would make the index of a partitioned table without those of its partitions.
    pg_catalog.replace(
        pg_catalog.pg_get_indexdef(idx.indexrelid),
        pg_catalog.format('INDEX %%I ON ONLY ', named.relname), pg_catalog.format('INDEX %%I ON ', named.relname)
    )
FROM pg_catalog.pg_index AS idx
INNER JOIN tables ON idx.indrelid = tables.oid
INNER JOIN pg_catalog.pg_class AS named ON idx.indexrelid = named.oid
WHERE
    NOT EXISTS (SELECT 1 FROM pg_catalog.pg_inherits AS inh WHERE inh.inhrelid = idx.indexrelid)
    AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint AS con WHERE con.conindid = idx.indexrelid)
UNION ALL
SELECT
    5,
    pg_catalog.format(
        'CREATE VIEW %%I.%%I%%s AS %%s', mine.nspname, cls.relname,
        ' WITH (' || pg_catalog.array_to_string(cls.reloptions, ', ') || ')', pg_catalog.pg_get_viewdef(cls.oid)
    )
FROM pg_catalog.pg_class AS cls
INNER JOIN mine ON cls.relnamespace = mine.oid
WHERE
    cls.relkind = 'v'
    AND NOT EXISTS (
        SELECT 1 FROM extension_owned
        WHERE extension_owned.objid = cls.oid AND extension_owned.classid = 'pg_class'::regclass
    )
UNION ALL
SELECT
    5,
    pg_catalog.pg_get_triggerdef(trg.oid)
FROM pg_catalog.pg_trigger AS trg
INNER JOIN tables ON trg.tgrelid = tables.oid
WHERE NOT trg.tgisinternal AND trg.tgparentid = 0
UNION ALL
SELECT
    6,
    pg_catalog.format(
        'ALTER TABLE %%s %%s TRIGGER %%I', tables.name,
        CASE trg.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE REPLICA' END, trg.tgname
    )
FROM pg_catalog.pg_trigger AS trg
INNER JOIN tables ON trg.tgrelid = tables.oid
WHERE NOT trg.tgisinternal AND trg.tgparentid = 0 AND trg.tgenabled <> 'O'
UNION ALL
SELECT
    5,
    pg_catalog.format('ALTER TABLE %%s ENABLE ROW LEVEL SECURITY', tables.name)
FROM tables
WHERE tables.relrowsecurity
UNION ALL
SELECT
    5,
    pg_catalog.format('ALTER TABLE %%s FORCE ROW LEVEL SECURITY', tables.name)
FROM tables
WHERE tables.relforcerowsecurity
UNION ALL
SELECT
    5,
    pg_catalog.format(
        'CREATE POLICY %%I ON %%I.%%I AS %%s FOR %%s TO %%s%%s%%s',
        pol.policyname, pol.schemaname, pol.tablename, pol.permissive, pol.cmd,
        (SELECT pg_catalog.string_agg(CASE WHEN r = 'public' THEN 'PUBLIC' ELSE pg_catalog.quote_ident(r) END, ', ')
            FROM pg_catalog.unnest(pol.roles) AS r),
        ' USING (' || pol.qual || ')', ' WITH CHECK (' || pol.with_check || ')'
    )
FROM pg_catalog.pg_policies AS pol
ORDER BY 1, 2
