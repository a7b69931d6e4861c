-- The source rows are gone; their entries stay and say since when.
UPDATE atlas.migration_ledger
SET source_deleted_at = %(at)s, target_hash = NULL, phase_run_id = %(run_id)s
WHERE source_table = %(source_table)s
    AND source_id = ANY(%(ids)s)
    AND source_deleted_at IS NULL
RETURNING source_id
