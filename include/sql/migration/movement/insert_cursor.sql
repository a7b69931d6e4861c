-- A range of a source table that nobody has begun yet.
INSERT INTO atlas.backfill_cursors (phase_run_id, source_table, range_no, low, high, cursor, rows_total, updated_at)
VALUES (%(run_id)s, %(source_table)s, %(range_no)s, %(low)s, %(high)s, NULL, %(rows)s, %(at)s)
ON CONFLICT DO NOTHING
