-- One row of the CRM by its key as a JSON object, locked.
SELECT to_jsonb(written)::text AS found
FROM {table} AS written
WHERE {condition}
FOR UPDATE
