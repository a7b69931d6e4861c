-- Take the capture trigger for TRUNCATE off a legacy table.
DROP TRIGGER IF EXISTS atlas_capture_truncate ON {table}
