-- What a backup made with COPY leaves out, and whether a column of the kept tables needs it.
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

needed AS (
    SELECT DISTINCT coalesce(nullif(typ.typelem, 0), typ.oid) AS oid
    FROM pg_catalog.pg_attribute AS att
    INNER JOIN pg_catalog.pg_type AS typ ON att.atttypid = typ.oid
    WHERE
        att.attrelid = any(
            array(SELECT to_regclass(given.name)::oid FROM unnest(%(tables)s::text []) AS given (name))
        )
        AND att.attnum > 0
        AND NOT att.attisdropped
),

left_out AS (
    SELECT
        'pg_type'::regclass AS classid,
        typ.oid,
        CASE typ.typtype WHEN 'r' THEN 'range type' WHEN 'm' THEN 'multirange type' ELSE 'base type' END AS kind,
        pg_catalog.format('%%I.%%I', mine.nspname, typ.typname) AS name
    FROM pg_catalog.pg_type AS typ
    INNER JOIN mine ON typ.typnamespace = mine.oid
    WHERE typ.typtype IN ('b', 'r') AND typ.typcategory <> 'A' AND typ.typrelid = 0
    UNION ALL
    SELECT
        'pg_class'::regclass,
        cls.oid,
        CASE cls.relkind WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END,
        pg_catalog.format('%%I.%%I', mine.nspname, cls.relname)
    FROM pg_catalog.pg_class AS cls
    INNER JOIN mine ON cls.relnamespace = mine.oid
    WHERE cls.relkind IN ('m', 'f')
    UNION ALL
    SELECT
        'pg_proc'::regclass,
        pro.oid,
        'aggregate',
        pro.oid::regprocedure::text
    FROM pg_catalog.pg_proc AS pro
    INNER JOIN mine ON pro.pronamespace = mine.oid
    WHERE pro.prokind IN ('a', 'w')
    UNION ALL
    SELECT
        'pg_operator'::regclass,
        opr.oid,
        'operator',
        opr.oid::regoperator::text
    FROM pg_catalog.pg_operator AS opr
    INNER JOIN mine ON opr.oprnamespace = mine.oid
    UNION ALL
    SELECT
        'pg_collation'::regclass,
        col.oid,
        'collation',
        pg_catalog.format('%%I.%%I', mine.nspname, col.collname)
    FROM pg_catalog.pg_collation AS col
    INNER JOIN mine ON col.collnamespace = mine.oid
    UNION ALL
    SELECT
        'pg_rewrite'::regclass,
        rul.oid,
        'rule',
        pg_catalog.format('%%I on %%s', rul.rulename, rul.ev_class::regclass)
    FROM pg_catalog.pg_rewrite AS rul
    INNER JOIN pg_catalog.pg_class AS cls ON rul.ev_class = cls.oid
    INNER JOIN mine ON cls.relnamespace = mine.oid
    WHERE rul.rulename <> '_RETURN'
    UNION ALL
    SELECT
        'pg_publication'::regclass,
        pub.oid,
        'publication',
        pg_catalog.quote_ident(pub.pubname)
    FROM pg_catalog.pg_publication AS pub
    UNION ALL
    SELECT
        'pg_event_trigger'::regclass,
        evt.oid,
        'event trigger',
        pg_catalog.quote_ident(evt.evtname)
    FROM pg_catalog.pg_event_trigger AS evt
)

SELECT
    left_out.kind,
    left_out.name,
    EXISTS (SELECT 1 FROM needed WHERE needed.oid = left_out.oid AND left_out.classid = 'pg_type'::regclass)
    OR EXISTS (
        SELECT 1
        FROM pg_catalog.pg_attribute AS att
        WHERE
            left_out.classid = 'pg_collation'::regclass
            AND att.attcollation = left_out.oid
            AND att.attrelid = any(
                array(SELECT to_regclass(given.name)::oid FROM unnest(%(tables)s::text []) AS given (name))
            )
    ) AS is_needed
FROM left_out
WHERE
    NOT EXISTS (
        SELECT 1 FROM extension_owned
        WHERE extension_owned.objid = left_out.oid AND extension_owned.classid = left_out.classid
    )
ORDER BY 1, 2
