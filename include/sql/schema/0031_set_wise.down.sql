-- Ranges no longer say how their rows moved.
ALTER TABLE atlas.backfill_cursors DROP COLUMN rows_set_wise;
