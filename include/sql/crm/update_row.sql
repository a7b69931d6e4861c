-- Changes a row of the CRM that is locked, and reads it back whole; nothing comes back where it says all that already.
UPDATE {table} AS written
SET {assignments}
WHERE {condition} AND ({difference})
RETURNING to_jsonb(written)::text
