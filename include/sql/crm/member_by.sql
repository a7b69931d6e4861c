-- People of an organization with an address, a number or an id of another system; two are enough to know that it is not one.
SELECT found.id::text AS id
FROM {table} AS found
WHERE {organization} = %(organization)s AND {told} = %(value)s
ORDER BY found.id
LIMIT 2
