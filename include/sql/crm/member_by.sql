-- People of an organization with an address, a number or an id of another system; two are enough to know that it is not one.
-- Those that say their organization themselves are asked apart from the others, so that an index on it serves.
SELECT found.id::text AS id
FROM {table} AS found
WHERE {own} AND {is_told}
UNION ALL
SELECT found.id::text
FROM {table} AS found
WHERE {inherited} AND {is_told}
LIMIT 2
