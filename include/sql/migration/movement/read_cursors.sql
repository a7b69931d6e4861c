-- All ranges of a phase run, with how far they are.
SELECT source_table, range_no, low, high, coalesce(rows_total, 0), rows_done, bytes_done, finished_at IS NOT NULL
FROM atlas.backfill_cursors
WHERE phase_run_id = %(run_id)s
ORDER BY source_table, range_no
