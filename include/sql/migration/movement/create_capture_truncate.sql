-- One row for a legacy table that is emptied at once.
CREATE OR REPLACE TRIGGER atlas_capture_truncate
AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {function}()
