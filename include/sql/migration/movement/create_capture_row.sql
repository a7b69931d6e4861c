-- One narrow row for every changed row of a legacy table.
CREATE OR REPLACE TRIGGER atlas_capture
AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}()
