-- The legacy rows that workflows come from, as they were read; those that hold a secret are sealed and not among them.
SELECT o.source_id AS id, o.content
FROM atlas.originals AS o
WHERE o.organization_id = %(organization)s AND o.source_table = 'workflows' AND o.source_id = ANY(%(ids)s::text[])
    AND o.content IS NOT NULL
