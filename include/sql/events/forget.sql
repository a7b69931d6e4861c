-- Lets go of events handled long ago that no workflow is asked about again, of old deliveries, warnings and refusals, a bite at a time.
WITH events AS (
    DELETE FROM atlas.event_outbox AS o
    WHERE o.ctid = ANY(ARRAY(
        SELECT x.ctid FROM atlas.event_outbox AS x
        WHERE x.handled_at < coalesce(%(now)s, now()) - interval '30 days'
            AND NOT EXISTS (
                SELECT FROM atlas.deferred_events AS d
                WHERE d.organization_id = x.organization_id AND d.event_key = x.event_key
            )
        ORDER BY x.handled_at LIMIT 5000 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
),
warnings AS (
    DELETE FROM atlas.event_capture_warnings AS o
    WHERE o.ctid = ANY(ARRAY(
        SELECT x.ctid FROM atlas.event_capture_warnings AS x
        WHERE x.at < coalesce(%(now)s, now()) - interval '30 days'
        ORDER BY x.at LIMIT 5000 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
),
refusals AS (
    DELETE FROM atlas.enrolment_refusals AS o
    WHERE o.ctid = ANY(ARRAY(
        SELECT x.ctid FROM atlas.enrolment_refusals AS x
        WHERE x.refused_at < coalesce(%(now)s, now()) - interval '90 days'
        ORDER BY x.refused_at LIMIT 5000 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
),
deliveries AS (
    DELETE FROM atlas.webhook_deliveries AS o
    WHERE o.ctid = ANY(ARRAY(
        SELECT x.ctid FROM atlas.webhook_deliveries AS x
        WHERE x.received_at < coalesce(%(now)s, now()) - interval '30 days'
            AND NOT EXISTS (
                SELECT FROM atlas.event_outbox AS e
                WHERE e.organization_id = x.organization_id AND e.event_key = 'webhook ' || x.id AND e.handled_at IS NULL
            )
        ORDER BY x.received_at LIMIT 5000 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
),
refused AS (
    DELETE FROM atlas.webhook_refusals AS o
    WHERE o.ctid = ANY(ARRAY(
        SELECT x.ctid FROM atlas.webhook_refusals AS x
        WHERE x.refused_at < coalesce(%(now)s, now()) - interval '30 days'
        ORDER BY x.refused_at LIMIT 5000 FOR UPDATE SKIP LOCKED
    ))
    RETURNING 1
)
SELECT (SELECT count(*) FROM deliveries) + (SELECT count(*) FROM refused) + (SELECT count(*) FROM events) + (SELECT count(*) FROM warnings) + (SELECT count(*) FROM refusals)
