-- Takes one event, unless it is handled or in other hands.
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at
FROM atlas.event_outbox AS o
WHERE o.handled_at IS NULL AND o.organization_id = %(organization)s AND o.event_key = %(key)s
FOR UPDATE SKIP LOCKED
