-- Notes why nothing came of events that a workflow was asked about again.
UPDATE atlas.event_outbox AS o
SET error = f.error
FROM json_to_recordset(%(failed)s) AS f (organization_id uuid, event_key text, error text)
WHERE o.organization_id = f.organization_id AND o.event_key = f.event_key
