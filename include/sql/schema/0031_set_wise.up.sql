-- How many rows of a range did not have to go through Python.
ALTER TABLE atlas.backfill_cursors ADD COLUMN rows_set_wise bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN atlas.backfill_cursors.rows_set_wise IS
    'Of rows_done, those that one statement over many settled inside the database.';
