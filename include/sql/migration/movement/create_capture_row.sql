-- One narrow row for every changed row of a legacy table; partitions inherit the trigger, children by INHERITS do not.
CREATE OR REPLACE TRIGGER atlas_capture
AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {function}({root})
