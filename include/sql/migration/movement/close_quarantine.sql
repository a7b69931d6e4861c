-- Quarantined rows that no longer exist at the source need nobody's attention.
UPDATE atlas.quarantine
SET resolved_at = %(at)s, resolution = 'deleted at the source'
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
    AND resolved_at IS NULL
