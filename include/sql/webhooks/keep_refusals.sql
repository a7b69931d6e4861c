-- Counts refusals of one organization: in the row of their minute, reason and address, and in the endpoint's sum.
WITH given AS MATERIALIZED (
    SELECT g.*
    FROM unnest(
        %(webhooks)s::uuid[], %(statuses)s::smallint[], %(codes)s::text[], %(facts)s::text[], %(addresses)s::text[],
        %(events)s::text[], %(times)s::bigint[]
    ) AS g (webhook_id, status, code, fact, address, event, times)
    INNER JOIN atlas.workflow_webhooks AS w ON w.id = g.webhook_id
    WHERE w.organization_id = %(organization)s
),
kept AS (
    INSERT INTO atlas.webhook_refusals AS r (organization_id, webhook_id, minute, code, address, status, fact, event, times)
    SELECT %(organization)s, g.webhook_id, date_trunc('minute', now()), g.code, g.address, g.status, g.fact, g.event, g.times
    FROM given AS g
    ORDER BY g.webhook_id, g.code, g.address
    ON CONFLICT (webhook_id, minute, code, address) DO UPDATE SET
        status = excluded.status, fact = excluded.fact, event = excluded.event, times = r.times + excluded.times,
        refused_at = excluded.refused_at
)
INSERT INTO atlas.webhook_rates AS r (webhook_id, organization_id, full_at, admitted, taken, limited, refused, last_at)
SELECT g.webhook_id, %(organization)s, now(), 0, 0, 0, sum(g.times), now()
FROM given AS g
GROUP BY g.webhook_id
ORDER BY g.webhook_id
-- A call that was refused is not the last one taken.
ON CONFLICT (webhook_id) DO UPDATE SET refused = r.refused + excluded.refused
