-- What a restore elsewhere may lack: roles that policies name, types and functions that extensions own (as stubs).
SELECT
    'role' AS kind,
    pol.name AS name,
    pg_catalog.format('CREATE ROLE %I NOLOGIN', pol.name) AS statement
FROM (SELECT DISTINCT pg_catalog.unnest(roles) AS name FROM pg_catalog.pg_policies) AS pol
WHERE pol.name <> 'public'
UNION ALL
SELECT
    'type',
    pg_catalog.format('%I.%I', nsp.nspname, typ.typname),
    pg_catalog.format('CREATE DOMAIN %I.%I AS text', nsp.nspname, typ.typname)
FROM pg_catalog.pg_type AS typ
INNER JOIN pg_catalog.pg_namespace AS nsp ON typ.typnamespace = nsp.oid
INNER JOIN pg_catalog.pg_depend AS dep ON typ.oid = dep.objid AND dep.classid = 'pg_type'::regclass
WHERE dep.deptype = 'e' AND typ.typtype = 'b' AND typ.typcategory <> 'A'
UNION ALL
SELECT
    'function',
    pro.oid::regprocedure::text,
    pg_catalog.format(
        'CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE sql AS ''SELECT NULL::%s''',
        nsp.nspname, pro.proname, pg_catalog.pg_get_function_identity_arguments(pro.oid),
        pg_catalog.format_type(pro.prorettype, NULL), pg_catalog.format_type(pro.prorettype, NULL)
    )
FROM pg_catalog.pg_proc AS pro
INNER JOIN pg_catalog.pg_namespace AS nsp ON pro.pronamespace = nsp.oid
INNER JOIN pg_catalog.pg_depend AS dep ON pro.oid = dep.objid AND dep.classid = 'pg_proc'::regclass
INNER JOIN pg_catalog.pg_extension AS ext ON dep.refobjid = ext.oid
WHERE dep.deptype = 'e' AND pro.prokind = 'f' AND NOT pro.proretset AND ext.extname <> 'plpgsql'
ORDER BY 1 DESC, 2
