-- Notes every changed row of a CRM table as events; partitions inherit it.
CREATE OR REPLACE TRIGGER atlas_events AFTER INSERT OR UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION atlas.capture_event({kind}, {name})
