-- Let the capture triggers fire for replicated and bulk-loaded rows as well; needs the owner of the table.
ALTER TABLE {table} ENABLE ALWAYS TRIGGER atlas_capture, ENABLE ALWAYS TRIGGER atlas_capture_truncate
