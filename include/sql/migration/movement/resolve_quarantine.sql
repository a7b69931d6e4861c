-- Rows that were quarantined before and went through now leave the quarantine.
UPDATE atlas.quarantine
SET resolved_at = %(at)s, resolution = 'translated after the source changed'
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
    AND resolved_at IS NULL
