-- Move a range's cursor, in the transaction of the batch it stands for; no row means that another worker was faster.
UPDATE atlas.backfill_cursors
SET cursor = coalesce(%(cursor)s, cursor),
    rows_done = rows_done + %(rows)s,
    rows_set_wise = rows_set_wise + %(set_wise)s,
    bytes_done = bytes_done + %(bytes)s,
    finished_at = CASE WHEN %(is_last)s THEN %(at)s::timestamptz END,
    updated_at = %(at)s
WHERE phase_run_id = %(run_id)s
    AND source_table = %(source_table)s
    AND range_no = %(range_no)s
    AND cursor IS NOT DISTINCT FROM %(expected)s
    AND finished_at IS NULL
