-- One row for a legacy table, or a part of one, that is emptied at once.
CREATE OR REPLACE TRIGGER atlas_capture_truncate
AFTER TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION {function}({root})
