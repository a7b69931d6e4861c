-- Where the server's log of changes stands, in bytes, and how many dead rows each of our tables holds by the last count, all its
-- partitions together; tables without any are not named.
SELECT
    pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS wal,
    (
        SELECT coalesce(jsonb_object_agg(counted.name, counted.dead), '{}')
        FROM (
            SELECT
                whole.relname AS name,
                sum(part.n_dead_tup)::bigint AS dead
            FROM pg_stat_user_tables AS part
            INNER JOIN pg_class AS whole ON whole.oid = coalesce(pg_partition_root(part.relid), part.relid)
            WHERE part.schemaname = 'atlas'
            GROUP BY whole.relname
            HAVING sum(part.n_dead_tup) > 0
        ) AS counted
    ) AS dead_rows
