-- Frees keys whose time as a repeat is over; what came under them stays, with its time behind the key.
UPDATE atlas.webhook_deliveries AS d
SET delivery_key = d.delivery_key || ' ' || d.received_at::text
FROM unnest(%(webhooks)s::uuid[], %(keys)s::text[], %(seconds)s::integer[]) AS g (webhook_id, delivery_key, seconds)
WHERE
    d.organization_id = %(organization)s AND d.webhook_id = g.webhook_id AND d.delivery_key = g.delivery_key
    AND d.received_at <= now() - make_interval(secs => g.seconds)
