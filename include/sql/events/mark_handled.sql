-- Notes what came of events.
UPDATE atlas.event_outbox AS o
SET handled_at = coalesce(%(now)s, clock_timestamp()), started = h.started, refused = h.refused, told = coalesce(o.told, h.told), error = h.error
FROM json_to_recordset(%(handled)s) AS h (
    organization_id uuid, event_key text, started integer, refused integer, told integer, error text
)
WHERE o.organization_id = h.organization_id AND o.event_key = h.event_key
