-- Whether anybody but us uses this database, or did in the last seconds. A session that may not be looked into counts.
SELECT EXISTS (
    SELECT
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.application_name NOT LIKE 'atlas-%%'
        AND coalesce(a.backend_type, 'client backend') = 'client backend'
        AND (
            coalesce(a.state NOT IN ('idle', 'idle in transaction', 'idle in transaction (aborted)'), true)
            OR a.state_change > clock_timestamp() - make_interval(secs => %(seconds)s)
        )
)
