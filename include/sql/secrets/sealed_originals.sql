-- The next batch of sealed originals after the given place (table and id, with a slash between), locked likewise.
SELECT
    source_table || '/' || source_id AS place,
    sealed,
    content_hash
FROM atlas.originals
WHERE
    sealed IS NOT NULL
    AND (
        %(after)s::text IS NULL
        OR (source_table, source_id) > (split_part(%(after)s, '/', 1), substr(%(after)s, strpos(%(after)s, '/') + 1))
    )
ORDER BY source_table, source_id
LIMIT %(rows)s
FOR NO KEY UPDATE
