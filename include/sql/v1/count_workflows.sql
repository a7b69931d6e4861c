-- How many workflows the pages of v1's list hold together.
SELECT count(*)
FROM atlas.workflows AS w
WHERE w.organization_id = %(organization)s
    AND w.status = ANY(%(statuses)s::text[])
    AND (%(search)s::text IS NULL OR position(lower(%(search)s::text) IN lower(w.name)) > 0)
    AND (%(trigger_type)s::text IS NULL OR EXISTS (
        SELECT FROM jsonb_path_query(w.definition, '$.triggers[*].type') AS t (type)
        WHERE t.type = to_jsonb(%(trigger_type)s::text)
    ))
