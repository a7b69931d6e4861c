-- How many workflows of an organization fit, counted up to a bound.
SELECT count(*)
FROM (
    SELECT FROM atlas.workflows AS w
    WHERE w.organization_id = %(organization)s
        AND (%(status)s::text IS NULL OR w.status = %(status)s::text)
        AND (%(owner)s::text IS NULL OR w.owner = %(owner)s::text)
        AND (
            %(step)s::text IS NULL
            OR w.definition @> jsonb_build_object('nodes', jsonb_build_array(jsonb_build_object('type', %(step)s::text)))
        )
        AND (
            %(trigger)s::text IS NULL
            OR w.definition @> jsonb_build_object('triggers', jsonb_build_array(jsonb_build_object('type', %(trigger)s::text)))
        )
        AND (
            %(search)s::text IS NULL
            OR position(lower(%(search)s::text) IN lower(w.name)) > 0
            OR EXISTS (
                SELECT FROM (VALUES (w.definition -> 'nodes'), (w.definition -> 'triggers')) AS p (part)
                CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(p.part) = 'array' THEN p.part ELSE '[]' END) AS m (member)
                WHERE position(lower(%(search)s::text) IN lower(m.member ->> 'name')) > 0
            )
        )
    LIMIT %(most)s
) AS counted
