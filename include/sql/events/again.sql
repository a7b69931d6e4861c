-- Lets an event that could not be handled be handled again; how many were told stays, so that they are not told twice.
UPDATE atlas.event_outbox AS o
SET handled_at = NULL, error = NULL, started = NULL, refused = NULL
WHERE o.organization_id = %(organization)s AND o.event_key = %(key)s AND o.error IS NOT NULL
