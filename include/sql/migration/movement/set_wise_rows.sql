-- Per source table of a phase run, how many rows it took up, and how many of them did not have to go through Python.
SELECT
    source_table,
    sum(rows_done)::bigint AS "rows",
    sum(rows_set_wise)::bigint AS set_wise
FROM atlas.backfill_cursors
WHERE phase_run_id = %(run_id)s
GROUP BY source_table
HAVING sum(rows_set_wise) > 0
ORDER BY source_table
