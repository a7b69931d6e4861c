-- Partitions of a table whose time is over before an instant, the oldest first.
SELECT p.name, p.low, p.high
FROM (
    SELECT
        c.relname::text AS name,
        ((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'FROM \(''([^'']+)''\)'))[1])::timestamptz AS low,
        ((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1])::timestamptz AS high
    FROM pg_inherits AS i
    INNER JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = format('atlas.%%I', %(table)s::text)::regclass
) AS p
WHERE p.high <= %(before)s
ORDER BY p.low
