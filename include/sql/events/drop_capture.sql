-- Changes of a CRM table are noted as events no more.
DROP TRIGGER IF EXISTS atlas_events ON {table}
