-- The newest events, or those that wait or could not be handled.
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.source, o.occurred_at,
    o.handled_at, o.caused_by::text AS caused_by, o.started, o.refused, o.told, o.error
FROM atlas.event_outbox AS o
WHERE (%(organization)s::uuid IS NULL OR o.organization_id = %(organization)s::uuid)
    AND (%(subject)s::text IS NULL OR o.subject = %(subject)s)
    AND (%(type)s::text IS NULL OR o.event_type = %(type)s)
    AND (NOT %(waiting)s OR o.handled_at IS NULL)
    AND (NOT %(failed)s OR o.error IS NOT NULL)
ORDER BY o.occurred_at DESC, o.id DESC
LIMIT %(limit)s
