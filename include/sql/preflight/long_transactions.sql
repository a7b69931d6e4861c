-- Other sessions whose transaction in this database is older than the given age.
SELECT
    pid,
    application_name,
    extract(EPOCH FROM now() - xact_start)::int / 60 AS minutes
FROM pg_catalog.pg_stat_activity
WHERE
    datname = current_database()
    AND pid <> pg_backend_pid()
    AND xact_start < now() - %(age)s::interval
ORDER BY xact_start
