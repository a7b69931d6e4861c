-- The next rows of an audience in the order of their ids: whole, with the tags that hang on them through a table between.
SELECT found.id::text AS id, to_jsonb(found)::text AS content, {tags} AS tags
FROM {table} AS found
WHERE {organization} AND {behind} AND {condition}
ORDER BY found.id
LIMIT %(limit)s
