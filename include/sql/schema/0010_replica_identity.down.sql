-- Back to the default: no name for rows of tables without a key.
ALTER TABLE atlas.validation_failing_keys REPLICA IDENTITY DEFAULT;
ALTER TABLE atlas.captured_changes REPLICA IDENTITY DEFAULT;
