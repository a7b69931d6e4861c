-- Inserts a row of the CRM and reads it back whole; nothing comes back where the same row is there.
INSERT INTO {table} AS written ({fields})
SELECT {given}
ON CONFLICT DO NOTHING
RETURNING to_jsonb(written)::text
