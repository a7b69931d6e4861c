-- Scratch databases that this role may drop and whose maker is gone, for nobody holds the lock under their name.
SELECT
    made.datname AS name,
    coalesce(pg_database_size(made.oid), 0) AS bytes
FROM pg_database AS made
WHERE
    starts_with(made.datname, %(prefix)s)
    AND pg_has_role(made.datdba, 'USAGE')
    AND NOT EXISTS (
        SELECT 1
        FROM pg_locks AS held
        WHERE
            held.locktype = 'advisory'
            AND held.objsubid = 1
            AND ((held.classid::bigint << 32) | held.objid::bigint)
            = hashtextextended('atlas scratch ' || made.datname, 0)
    )
ORDER BY made.datname
