-- Per login: the search path it gets in this database, and whether it may look into schema atlas. What is set for
-- the role in the database wins over the role's, that over the database's, that over the server's. The server's is
-- known as what this session would reset to, unless something of the above was set for this session's own login.
WITH here AS (
    SELECT dat.oid
    FROM pg_catalog.pg_database AS dat
    WHERE dat.datname = pg_catalog.current_database()
),

given AS (
    SELECT
        kept.setrole,
        kept.setdatabase,
        pg_catalog.substr(line.entry, 13) AS search_path
    FROM pg_catalog.pg_db_role_setting AS kept
    CROSS JOIN LATERAL pg_catalog.unnest(kept.setconfig) AS line (entry)
    WHERE line.entry LIKE 'search\_path=%' AND kept.setdatabase IN (0, (SELECT here.oid FROM here))
),

server AS (
    SELECT
        CASE
            WHEN EXISTS (
                SELECT 1 FROM given
                WHERE given.setrole IN (0, pg_catalog.to_regrole(pg_catalog.quote_ident(session_user)))
            ) THEN path.boot_val
            ELSE path.reset_val
        END AS search_path
    FROM pg_catalog.pg_settings AS path
    WHERE path.name = 'search_path'
)

SELECT
    login.rolname::text AS role,
    coalesce(
        (
            SELECT given.search_path FROM given
            WHERE given.setrole IN (0, login.oid)
            ORDER BY given.setrole = login.oid DESC, given.setdatabase DESC
            LIMIT 1
        ),
        (SELECT server.search_path FROM server)
    ) AS search_path,
    coalesce(
        pg_catalog.has_schema_privilege(login.oid, pg_catalog.to_regnamespace('atlas'), 'USAGE'),
        login.rolsuper OR login.rolname = current_user
    ) AS may_use_ours
FROM pg_catalog.pg_roles AS login
WHERE login.rolcanlogin
ORDER BY login.rolname
