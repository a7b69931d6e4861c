-- The workflows of an organization that fit, each with the instant that lists go by: what the list and its count both ask. What is
-- looked for in definitions is made once, not for every row.
SELECT w.*, age.made_at
FROM atlas.workflows AS w
-- As the index has it: CASE passes the policies, COALESCE does not.
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.created_at IS NULL THEN TIMESTAMPTZ '1970-01-01 00:00:00+00' ELSE w.created_at END AS made_at
) AS age
WHERE w.organization_id = %(organization)s
    AND (%(status)s::text IS NULL OR w.status = %(status)s::text)
    AND (%(owner)s::text IS NULL OR w.owner = %(owner)s::text)
    AND (
        %(step)s::text IS NULL
        OR w.definition -> 'nodes' @> (SELECT jsonb_build_array(jsonb_build_object('type', %(step)s::text)))
    )
    AND (
        %(trigger)s::text IS NULL
        OR w.definition -> 'triggers' @> (SELECT jsonb_build_array(jsonb_build_object('type', %(trigger)s::text)))
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
