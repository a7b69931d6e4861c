-- Takes one event, unless it is handled or in other hands.
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at, o.owner_epoch AS epoch, o.caused_by::text AS caused_by,
    o.depth, o.told IS NOT NULL AS is_told
FROM atlas.event_outbox AS o
WHERE o.handled_at IS NULL AND o.organization_id = %(organization)s AND o.event_key = %(key)s
FOR UPDATE SKIP LOCKED
