-- Count and order-free checksum of a table's own rows: the sum of their 64-bit hashes. {table} is an identifier.
SELECT
    count(*) AS "rows",
    coalesce(sum(('x' || left(md5(t::text), 16))::bit(64)::bigint::numeric), 0)::text AS checksum
FROM ONLY {table} AS t
