-- Stores a batch of one organization's deliveries, each new one with its event, and wakes the workers; says for each place what
-- came of it. A delivery is an array: one document for all of them costs the driver a tenth of what a column each does.
WITH given AS MATERIALIZED (
    SELECT g.*, row_number() OVER (PARTITION BY g.webhook_id ORDER BY g.place) AS turn
    FROM (
        SELECT
            (d.said ->> 0)::uuid AS id, (d.said ->> 1)::uuid AS webhook_id, d.said ->> 2 AS delivery_key, d.said ->> 3 AS event,
            d.said ->> 4 AS subject, d.said ->> 5 AS finder, d.said ->> 6 AS order_key, d.said -> 7 AS facts, d.place
        FROM jsonb_array_elements(%(deliveries)s::jsonb) WITH ORDINALITY AS d (said, place)
    ) AS g
),
open AS MATERIALIZED (
    SELECT w.id, w.rate_limit, n.calls, make_interval(secs => 60.0 / w.rate_limit) AS step
    FROM (SELECT g.webhook_id, count(*)::integer AS calls FROM given AS g GROUP BY g.webhook_id) AS n
    INNER JOIN atlas.workflow_webhooks AS w ON w.id = n.webhook_id
    WHERE w.organization_id = %(organization)s AND w.is_active AND (w.expires_at IS NULL OR w.expires_at > now())
    ORDER BY w.id
),
-- A bucket of a minute's calls that empties evenly: as many are let in as it has room for.
rates AS (
    INSERT INTO atlas.webhook_rates AS r (webhook_id, organization_id, full_at, admitted, taken, limited, last_at)
    SELECT o.id, %(organization)s, now() + least(o.calls, o.rate_limit) * o.step, least(o.calls, o.rate_limit), least(o.calls, o.rate_limit),
        greatest(0, o.calls - o.rate_limit), now()
    FROM open AS o
    ON CONFLICT (webhook_id) DO UPDATE SET (admitted, full_at, taken, limited, last_at) = (
        SELECT x.room, greatest(r.full_at, now()) + x.room * x.step, r.taken + x.room, r.limited + x.calls - x.room, now()
        FROM (
            SELECT
                o.step, o.calls,
                greatest(0, least(o.calls, floor(
                    extract(EPOCH FROM now() + interval '60 seconds' - greatest(r.full_at, now())) / 60.0 * o.rate_limit + 0.000001
                )::integer)) AS room
            FROM open AS o
            WHERE o.id = r.webhook_id
        ) AS x
    )
    RETURNING r.webhook_id, r.admitted
),
-- In the order of the keys, so that two processes that were sent the same calls wait for each other in one direction.
stored AS (
    INSERT INTO atlas.webhook_deliveries (organization_id, webhook_id, delivery_key, id, event, order_key)
    SELECT %(organization)s, g.webhook_id, g.delivery_key, g.id, g.event, g.order_key
    FROM given AS g
    INNER JOIN rates AS r ON r.webhook_id = g.webhook_id AND g.turn <= r.admitted
    ORDER BY g.webhook_id, g.delivery_key, g.place
    ON CONFLICT (webhook_id, delivery_key) DO NOTHING
    RETURNING id
),
told AS (
    INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, subject, anchor, data, order_key)
    SELECT
        -- Whom it is about by an address or a number, the worker finds out.
        %(organization)s, 'webhook ' || g.id, 'webhook', CASE WHEN g.finder IS NULL THEN g.subject END, 'webhook ' || g.id,
        CASE
            WHEN g.finder IS NULL THEN jsonb_build_object('trigger', g.facts)
            ELSE jsonb_build_object('trigger', g.facts, 'member', jsonb_build_object('by', g.finder, 'value', g.subject))
        END, g.webhook_id || ' ' || g.order_key
    FROM given AS g
    INNER JOIN stored AS s ON s.id = g.id
    ORDER BY g.place
),
announced AS MATERIALIZED (
    SELECT atlas.announce_events()
)
SELECT
    CASE
        WHEN s.id IS NOT NULL THEN 'stored'
        WHEN r.webhook_id IS NULL THEN 'closed'
        WHEN g.turn > r.admitted THEN 'limited'
        ELSE 'repeat'
    END AS came_of_it
FROM announced
CROSS JOIN given AS g
LEFT JOIN rates AS r ON r.webhook_id = g.webhook_id
LEFT JOIN stored AS s ON s.id = g.id
ORDER BY g.place
