-- One person of one organization as a JSON object; which table, key and organization is filled in.
SELECT to_jsonb(person)::text
FROM {table} AS person
WHERE {column} = %(key)s::{kind} AND {organization} = %(organization)s
ORDER BY person.id
LIMIT 1
{lock}
