-- Deletes rows of the CRM and reads them back whole.
DELETE FROM {table} AS written
WHERE {condition}
RETURNING to_jsonb(written)::text
