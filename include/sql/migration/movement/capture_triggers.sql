-- Capture triggers on legacy tables: table, trigger, and whether it fires whatever session_replication_role says.
SELECT relation.relname, trigger.tgname, trigger.tgenabled = 'A'
FROM pg_trigger AS trigger
INNER JOIN pg_class AS relation ON trigger.tgrelid = relation.oid
INNER JOIN pg_namespace AS namespace ON relation.relnamespace = namespace.oid
WHERE namespace.nspname = %(schema)s
    AND trigger.tgname IN ('atlas_capture', 'atlas_capture_truncate')
    AND NOT trigger.tgisinternal
    AND trigger.tgenabled <> 'D'
ORDER BY relation.relname, trigger.tgname
