-- Notes whom an event turned out to be about.
UPDATE atlas.event_outbox AS o
SET subject = %(subject)s
WHERE o.organization_id = %(organization)s AND o.event_key = %(key)s
