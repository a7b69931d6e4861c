-- The next rows of a table after where the last batch ended, as far as a batch reaches, in groups: the last key of each, how many
-- rows, their size as stored, whether no row comes after, and the texts in which a secret may stand, for all that are not large.
-- {weight} is what a row takes on disk, so that nothing large is unpacked to be measured.
WITH following AS (
    SELECT
        source.{key} AS key,
        {weight} AS weight,
        CASE WHEN {weight} <= {light} THEN {scanned} END AS scanned
    FROM {table} AS source
    WHERE {range}
    ORDER BY source.{key}
    LIMIT %(limit)s
),

summed AS (
    SELECT
        following.key,
        following.weight,
        following.scanned,
        row_number() OVER in_order AS place,
        sum(following.weight) OVER in_order AS size,
        count(*) OVER () AS found
    FROM following
    WINDOW in_order AS (ORDER BY following.key ROWS UNBOUNDED PRECEDING)
)

SELECT
    (array_agg(summed.key ORDER BY summed.place DESC))[1]::text AS last,
    count(*) AS rows,
    sum(summed.weight)::bigint AS size,
    max(summed.place) = max(summed.found) AND max(summed.found) < %(limit)s AS is_last,
    coalesce(string_agg(summed.scanned, ''), '') AS texts
FROM summed
WHERE summed.size <= %(bytes)s OR summed.place = 1
GROUP BY (summed.place - 1) / %(group_rows)s
ORDER BY max(summed.place)
