-- The next batch of secrets after the given id, locked until the batch is written.
SELECT
    id::text AS place,
    sealed,
    NULL AS content_hash
FROM atlas.secrets
WHERE %(after)s::text IS NULL OR id > %(after)s::uuid
ORDER BY id
LIMIT %(rows)s
FOR NO KEY UPDATE
