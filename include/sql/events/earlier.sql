-- What happened to a subject before an event, the newest first; events are kept for 30 days.
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at, o.owner_epoch AS epoch, o.caused_by::text AS caused_by, o.depth,
    true AS is_told
FROM atlas.event_outbox AS o
WHERE o.organization_id = %(organization)s AND o.subject = %(subject)s AND o.occurred_at <= %(at)s AND o.event_key <> %(key)s
ORDER BY o.occurred_at DESC
LIMIT %(limit)s
