-- The texts in which a secret may stand, row by row; nothing for large ones.
SELECT
    read.key::text AS key,
    CASE WHEN octet_length(read.texts) <= {longest} THEN read.texts END AS texts
FROM (
    SELECT
        source.{key} AS key,
        CASE WHEN {weight} <= {light} THEN {scanned} END AS texts
    FROM {table} AS source
    WHERE {range}
    OFFSET 0
) AS read
