-- Frees keys whose time as a repeat is over; what came under them stays, with its time behind the key. Locked in the order of the
-- keys, as `webhooks/keep` stores them, so that two batches with the same ones wait for each other in one direction.
WITH over AS MATERIALIZED (
    SELECT d.webhook_id, d.delivery_key
    FROM unnest(%(webhooks)s::uuid[], %(keys)s::text[], %(seconds)s::integer[]) AS g (webhook_id, delivery_key, seconds)
    INNER JOIN atlas.webhook_deliveries AS d ON d.webhook_id = g.webhook_id AND d.delivery_key = g.delivery_key
    WHERE d.organization_id = %(organization)s AND d.received_at <= now() - make_interval(secs => g.seconds)
    ORDER BY d.webhook_id, d.delivery_key
    FOR UPDATE OF d
)
UPDATE atlas.webhook_deliveries AS d
SET delivery_key = d.delivery_key || ' ' || d.received_at::text
FROM over AS o
WHERE d.organization_id = %(organization)s AND d.webhook_id = o.webhook_id AND d.delivery_key = o.delivery_key
