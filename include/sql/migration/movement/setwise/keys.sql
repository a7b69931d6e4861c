-- The keys of a stretch of a table, in order.
SELECT source.{key}::text
FROM {table} AS source
WHERE {range}
ORDER BY source.{key}
