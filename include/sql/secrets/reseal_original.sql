-- The same original under another key; its hash is keyed by the identity key and stays.
UPDATE atlas.originals
SET sealed = %(sealed)s
WHERE
    source_table = split_part(%(place)s, '/', 1)
    AND source_id = substr(%(place)s, strpos(%(place)s, '/') + 1)
