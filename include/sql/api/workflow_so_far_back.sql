-- The workflow that stands so many places behind a place in the list of an organization's, and the one behind it.
SELECT age.made_at, w.id::text AS id
FROM atlas.workflows AS w
CROSS JOIN LATERAL (
    SELECT CASE WHEN w.created_at IS NULL THEN TIMESTAMPTZ '1970-01-01 00:00:00+00' ELSE w.created_at END AS made_at
) AS age
WHERE w.organization_id = %(organization)s
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (age.made_at, w.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
ORDER BY age.made_at DESC, w.id DESC
LIMIT 2
OFFSET %(back)s
