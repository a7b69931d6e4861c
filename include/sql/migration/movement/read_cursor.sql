-- Where a range stands.
SELECT cursor, finished_at IS NOT NULL AS is_finished
FROM atlas.backfill_cursors
WHERE phase_run_id = %(run_id)s
    AND source_table = %(source_table)s
    AND range_no = %(range_no)s
