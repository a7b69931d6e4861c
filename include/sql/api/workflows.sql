-- Workflows of an organization, the newest first by an order that nothing changes, behind a place given; or one of them.
SELECT
    w.id::text AS id, w.name, w.description, w.status, w.owner, w.category, w.tags, w.revision, w.published_version,
    w.awaiting_sign_off, w.total_executions, w.successful_executions, w.failed_executions, w.last_run_at,
    age.created_at, w.updated_at
FROM atlas.workflows AS w
-- As the index has it: CASE passes the policies, COALESCE does not.
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.created_at IS NULL THEN TIMESTAMPTZ '1970-01-01 00:00:00+00' ELSE w.created_at END AS created_at
) AS age
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
    AND (%(id)s::uuid IS NULL OR w.id = %(id)s::uuid)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (age.created_at, w.id)
        < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
ORDER BY age.created_at DESC, w.id DESC
LIMIT %(limit)s
