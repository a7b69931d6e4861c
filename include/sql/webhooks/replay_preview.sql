-- What handling an endpoint's deliveries of a span again would come upon.
WITH found AS (
    SELECT o.organization_id, o.event_key, o.anchor, coalesce(o.subject, o.event_key) AS about, o.handled_at, o.error
    FROM atlas.webhook_deliveries AS d
    INNER JOIN atlas.workflow_webhooks AS w ON w.id = d.webhook_id AND w.organization_id = d.organization_id
    INNER JOIN atlas.event_outbox AS o
        ON o.organization_id = d.organization_id AND o.event_key = 'webhook ' || d.id
    WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
        AND d.received_at >= %(since)s AND d.received_at < %(until)s
),
begun AS (
    SELECT f.event_key, n.execution_id
    FROM found AS f
    INNER JOIN (
        SELECT DISTINCT l.workflow_id
        FROM atlas.listening_triggers AS l
        WHERE l.organization_id = %(organization)s AND l.event_type = 'webhook'
    ) AS l ON true
    INNER JOIN atlas.enrolments AS n
        ON n.organization_id = f.organization_id AND n.workflow_id = l.workflow_id AND n.subject = f.about AND n.anchor = f.anchor
)
SELECT
    count(*)::integer AS deliveries,
    count(*) FILTER (WHERE f.handled_at IS NULL)::integer AS waiting,
    count(*) FILTER (WHERE f.error IS NOT NULL)::integer AS failed,
    count(*) FILTER (WHERE f.handled_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM begun AS b WHERE b.event_key = f.event_key
    ))::integer AS without_execution,
    (SELECT count(*) FROM begun)::integer AS executions,
    (
        SELECT count(*) FROM begun AS b
        INNER JOIN atlas.effects AS e ON e.organization_id = %(organization)s AND e.execution_id = b.execution_id
        WHERE e.status = 'done'
    )::integer AS effects_done
FROM found AS f
