-- The id of what an organization calls by a name.
SELECT found.id::text AS id
FROM {table} AS found
WHERE lower(found.name) = lower(%(name)s) AND {organization} = %(organization)s
ORDER BY found.id
LIMIT 1
