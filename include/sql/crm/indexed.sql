-- How many rows a table has, its partitions' together, by the last count that the server took; where it took none, twenty a page. And
-- what its whole B-trees find at once: what they begin with, and what follows the organization.
SELECT
    c.relkind = 'p' AS partitioned,
    (
        SELECT coalesce(sum(
            CASE WHEN p.reltuples < 0 THEN pg_relation_size(p.oid) / current_setting('block_size')::int * 20 ELSE p.reltuples END
        ), 0)::bigint
        FROM pg_catalog.pg_class AS p
        WHERE p.relkind <> 'p' AND (p.oid = c.oid OR p.oid IN (SELECT t.relid FROM pg_partition_tree(c.oid) AS t))
    ) AS rows,
    ARRAY(
        SELECT pg_get_indexdef(i.indexrelid, k.place, true)
        FROM pg_catalog.pg_index AS i
        INNER JOIN pg_catalog.pg_class AS x ON x.oid = i.indexrelid
        INNER JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
        CROSS JOIN generate_series(1, least(2, i.indnkeyatts)) AS k (place)
        WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND m.amname = 'btree'
            AND (k.place = 1 OR pg_get_indexdef(i.indexrelid, 1, true) = %(organization)s)
    ) AS found
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relname = %(table)s
