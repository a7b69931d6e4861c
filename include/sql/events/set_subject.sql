-- Notes whom an event turned out to be about; where that is nobody, it is about itself for good.
UPDATE atlas.event_outbox AS o
SET subject = %(subject)s, data = o.data - 'member'
WHERE o.organization_id = %(organization)s AND o.event_key = %(key)s
