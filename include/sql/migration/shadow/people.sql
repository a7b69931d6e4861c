-- Rows of leads, clients or contacts by id, as JSON. {type} is that of the id.
SELECT source.id::text, to_jsonb(source.*)::text
FROM {table} AS source
WHERE source.id = ANY(%(ids)s::{type} [])
