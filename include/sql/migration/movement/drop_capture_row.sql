-- Take the capture trigger off a legacy table.
DROP TRIGGER IF EXISTS atlas_capture ON {table}
