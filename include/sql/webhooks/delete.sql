-- Removes an endpoint and how full its bucket was; its deliveries stay for as long as their events do.
WITH gone AS (
    DELETE FROM atlas.workflow_webhooks AS w
    WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
    RETURNING w.id
),
rates AS (
    DELETE FROM atlas.webhook_rates AS r
    USING gone AS g
    WHERE r.webhook_id = g.id
)
SELECT g.id::text FROM gone AS g
