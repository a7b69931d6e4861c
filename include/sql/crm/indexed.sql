-- How many rows a table has by the last count that the server took (0 where it took none), and what its whole indexes begin with.
SELECT
    greatest(c.reltuples, 0)::bigint AS rows,
    ARRAY(
        SELECT pg_get_indexdef(i.indexrelid, k.place, true)
        FROM pg_catalog.pg_index AS i
        CROSS JOIN generate_series(1, least(2, i.indnkeyatts)) AS k (place)
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
    ) AS begins
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
