-- Names of the tags that hang on a person through a table between; the tags of another organization do not count.
SELECT tag.name
FROM {junction} AS link
INNER JOIN public.tags AS tag ON tag.id = link.tag_id
WHERE {person} = %(person)s::{kind} AND {organization} = %(organization)s
ORDER BY tag.name
