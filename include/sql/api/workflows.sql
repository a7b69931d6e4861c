-- Workflows of an organization, the newest first by an order that nothing changes, behind a place given and down to another; or one
-- of them.
SELECT
    w.id::text AS id, w.name, w.description, w.status, w.owner, w.category, w.tags, w.revision, w.published_version,
    w.awaiting_sign_off, w.total_executions, w.successful_executions, w.failed_executions, w.last_run_at,
    w.made_at AS created_at, w.updated_at
FROM ({fitting}) AS w
WHERE (%(id)s::uuid IS NULL OR w.id = %(id)s::uuid)
    AND (
        %(before_at)s::timestamptz IS NULL
        OR (w.made_at, w.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
    )
    AND (
        %(down_to_at)s::timestamptz IS NULL
        OR (w.made_at, w.id) >= (%(down_to_at)s::timestamptz, %(down_to_id)s::uuid)
    )
ORDER BY w.made_at DESC, w.id DESC
LIMIT %(limit)s
