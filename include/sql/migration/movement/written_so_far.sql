-- Where the server's log of changes stands, in bytes, and how many dead rows our tables hold by the last count.
SELECT
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal,
    (SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE schemaname = 'atlas') AS dead_rows
