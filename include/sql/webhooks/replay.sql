-- Lets an endpoint's deliveries of a span be handled again; what they started already is not started again, for it hangs on the
-- same event.
UPDATE atlas.event_outbox AS o
SET handled_at = NULL, error = NULL, started = NULL, refused = NULL
FROM atlas.webhook_deliveries AS d
INNER JOIN atlas.workflow_webhooks AS w ON w.id = d.webhook_id AND w.organization_id = d.organization_id
WHERE
    w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
    AND d.received_at >= %(since)s AND d.received_at < %(until)s
    AND o.organization_id = d.organization_id AND o.event_key = 'webhook ' || d.id AND o.handled_at IS NOT NULL
