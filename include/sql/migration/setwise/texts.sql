-- The texts in which a secret may stand, row by row; nothing for large ones.
SELECT
    source.{key}::text AS key,
    CASE WHEN {weight} <= {light} THEN {scanned} END AS texts
FROM {table} AS source
WHERE {range}
