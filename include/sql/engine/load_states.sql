-- Where the claimed executions stand; an entry of the queue without a state comes back without one. `idle` is when an effect of
-- theirs waited for its turn or for a person since they were last told something, a second ago or more.
SELECT
    c.organization_id::text, c.execution_id::text, s.workflow_id::text, s.workflow_version, s.subject, s.started_at,
    s.recorded, s.begun, s.document::text, s.starter::text,
    s.held_at, s.resumed_at,
    CASE WHEN s.begun AND (s.document ->> 'last_at')::timestamptz < t.now - interval '1 second' THEN (
        SELECT json_agg(json_build_array(i.since, i.until))::text
        FROM atlas.effects AS e
        CROSS JOIN LATERAL (
            VALUES
            (e.intended_at, CASE WHEN e.status = 'intended' THEN t.now ELSE coalesce(e.dispatched_at, e.finished_at, t.now) END),
            (
                CASE WHEN e.status = 'unknown' THEN e.finished_at ELSE e.dispatched_at + %(longest_call)s END,
                CASE WHEN e.status IN ('dispatching', 'unknown') THEN t.now ELSE e.finished_at END
            )
        ) AS i (since, until)
        WHERE e.organization_id = s.organization_id AND e.execution_id = s.execution_id AND NOT e.given_up
            AND i.since < i.until AND i.until > (s.document ->> 'last_at')::timestamptz
    ) END AS idle
FROM unnest(%(organizations)s::uuid[], %(executions)s::uuid[]) AS c (organization_id, execution_id)
CROSS JOIN (SELECT coalesce(%(now)s, now()) AS now) AS t
LEFT JOIN atlas.execution_states AS s
    ON s.organization_id = c.organization_id AND s.execution_id = c.execution_id
