-- What happened to a subject before an event, the newest first; events are kept for 30 days.
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at
FROM atlas.event_outbox AS o
WHERE o.organization_id = %(organization)s AND o.subject = %(subject)s AND o.occurred_at <= %(at)s AND o.event_key <> %(key)s
ORDER BY o.occurred_at DESC
LIMIT %(limit)s
