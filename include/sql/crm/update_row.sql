-- Changes a row of the CRM that is locked, and reads it back whole; nothing comes back where it says all that already.
UPDATE {table} AS written
SET ({fields}) = (SELECT {given})
WHERE {condition} AND ({difference})
RETURNING to_jsonb(written)::text
