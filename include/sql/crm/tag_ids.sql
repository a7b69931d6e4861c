-- The organization's tags of these names or ids, as (id, name).
SELECT
    tag.id::text AS id,
    tag.name AS name
FROM public.tags AS tag
WHERE {organization} = %(organization)s AND (tag.name = ANY(%(tags)s) OR tag.id::text = ANY(%(tags)s))
ORDER BY tag.name
