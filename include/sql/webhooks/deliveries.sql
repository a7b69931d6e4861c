-- What came to an endpoint, the newest first: what is kept with what came of its event, and what was refused or passed over.
WITH hook AS MATERIALIZED (
    SELECT w.id FROM atlas.workflow_webhooks AS w
    WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
),
found AS (
    (
        SELECT
            d.received_at AS at, d.id, 'stored' AS outcome, d.event, 1::bigint AS times, d.received_at AS first_at, NULL::smallint AS status,
            NULL::text AS code, NULL::text AS detail, NULL::text AS address, d.order_key
        FROM hook AS h
        INNER JOIN atlas.webhook_deliveries AS d ON d.webhook_id = h.id AND d.organization_id = %(organization)s
        WHERE %(outcome)s IN ('any', 'stored') AND %(code)s::text IS NULL
            AND (%(event)s::text IS NULL OR d.event = %(event)s)
            AND (%(since)s::timestamptz IS NULL OR d.received_at >= %(since)s)
            AND (%(before_at)s::timestamptz IS NULL OR (d.received_at, d.id) < (%(before_at)s, %(before_id)s::uuid))
        ORDER BY d.received_at DESC, d.id DESC
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT
            r.refused_at, r.id, CASE WHEN r.status < 300 THEN 'passed_over' ELSE 'refused' END, r.event, r.times, r.first_at, r.status,
            r.code, r.fact, nullif(r.address, ''), NULL
        FROM hook AS h
        INNER JOIN atlas.webhook_refusals AS r ON r.webhook_id = h.id AND r.organization_id = %(organization)s
        WHERE (%(outcome)s = 'any' OR %(outcome)s = CASE WHEN r.status < 300 THEN 'passed_over' ELSE 'refused' END)
            AND (%(code)s::text IS NULL OR r.code = %(code)s) AND (%(event)s::text IS NULL OR r.event = %(event)s)
            AND (%(since)s::timestamptz IS NULL OR r.refused_at >= %(since)s)
            AND (%(before_at)s::timestamptz IS NULL OR (r.refused_at, r.id) < (%(before_at)s, %(before_id)s::uuid))
        ORDER BY r.refused_at DESC, r.id DESC
        LIMIT %(limit)s
    )
)
SELECT
    f.at, f.id::text AS id, f.outcome, f.event, f.times, f.first_at, f.status, f.code, f.detail, f.address, f.order_key,
    o.handled_at, o.started, o.error
FROM found AS f
LEFT JOIN atlas.event_outbox AS o
    ON f.outcome = 'stored' AND o.organization_id = %(organization)s AND o.event_key = 'webhook ' || f.id
ORDER BY f.at DESC, f.id DESC
LIMIT %(limit)s
