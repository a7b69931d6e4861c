-- The database's sequences and whether this role may read where they stand.
SELECT
    nsp.nspname AS "schema",
    cls.relname AS name,
    seq.seqincrement AS step,
    seq.seqcycle AS cycles,
    pg_catalog.has_sequence_privilege(cls.oid, 'SELECT') AS may_read
FROM pg_catalog.pg_sequence AS seq
INNER JOIN pg_catalog.pg_class AS cls ON seq.seqrelid = cls.oid
INNER JOIN pg_catalog.pg_namespace AS nsp ON cls.relnamespace = nsp.oid
WHERE
    nsp.nspname NOT IN ('pg_catalog', 'information_schema')
    AND nsp.nspname NOT LIKE 'pg\_%%'
    AND NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend AS dep
        WHERE dep.objid = cls.oid AND dep.classid = 'pg_class'::regclass AND dep.deptype = 'e'
    )
ORDER BY 1, 2
