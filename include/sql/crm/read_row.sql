-- One row of one organization as a JSON object; which table, key and organization is filled in.
SELECT to_jsonb(found)::text
FROM {table} AS found
WHERE {column} = %(key)s::{kind} AND {organization} = %(organization)s
ORDER BY found.id
LIMIT 1
