-- All ranges of a phase run, with how far they are.
SELECT
    source_table AS "table", range_no AS number, low, high, coalesce(rows_total, 0) AS "rows", rows_done, bytes_done,
    finished_at IS NOT NULL AS is_finished
FROM atlas.backfill_cursors
WHERE phase_run_id = %(run_id)s
ORDER BY source_table, range_no
