-- The next rows of a table after where the last batch ended, as far as a batch reaches, in groups: the last key of each, how many
-- rows, their size, whether no row comes after, and the texts in which a secret may stand, for all that are not large.
-- {weight} is what a row takes on disk, so that nothing large is unpacked to be measured; what packs well may still be large as text.
WITH following AS (
    SELECT
        source.{key} AS key,
        {weight} AS weight,
        CASE WHEN {weight} <= {light} THEN {scanned} END AS texts
    FROM {table} AS source
    WHERE {range}
    ORDER BY source.{key}
    LIMIT %(limit)s
),

measured AS (
    -- OFFSET 0: a long text is let go of here.
    SELECT
        key,
        greatest(weight, octet_length(texts)) AS size,
        CASE WHEN octet_length(texts) <= {longest} THEN texts END AS scanned
    FROM following
    OFFSET 0
),

summed AS (
    SELECT
        measured.key,
        measured.size,
        measured.scanned,
        row_number() OVER in_order AS place,
        sum(measured.size) OVER in_order AS reached,
        count(*) OVER () AS found
    FROM measured
    WINDOW in_order AS (ORDER BY measured.key ROWS UNBOUNDED PRECEDING)
)

SELECT
    (array_agg(summed.key ORDER BY summed.place DESC))[1]::text AS last,
    count(*) AS rows,
    sum(summed.size)::bigint AS size,
    max(summed.place) = max(summed.found) AND max(summed.found) < %(limit)s AS is_last,
    coalesce(string_agg(summed.scanned, ''), '') AS texts
FROM summed
WHERE summed.reached <= %(bytes)s OR summed.place = 1
GROUP BY (summed.place - 1) / %(group_rows)s
ORDER BY max(summed.place)
