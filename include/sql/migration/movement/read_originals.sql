-- Originals of these source rows, as kept.
SELECT source_id, content, sealed
FROM atlas.originals
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
