-- What happened to some organizations here since a moment: executions, messages, people who unsubscribed, delays.
WITH begun AS (
    SELECT e.id, e.started_at, e.status, e.completed_at
    FROM atlas.workflow_executions AS e
    WHERE e.organization_id = any(%(organizations)s::uuid []) AND e.started_at >= %(since)s AND e.source_table IS NULL
)

SELECT
    (SELECT count(*) FROM begun WHERE begun.completed_at IS NOT NULL) AS ended,
    (SELECT count(*) FROM begun WHERE begun.status IN ('failed', 'timeout')) AS failed,
    (
        SELECT count(*)
        FROM atlas.effects AS f
        WHERE f.organization_id = any(%(organizations)s::uuid []) AND f.status = 'done' AND f.finished_at >= %(since)s
            AND f.kind LIKE 'send\_%%'
    ) AS messages,
    (
        SELECT count(*)
        FROM atlas.consents AS c
        WHERE c.organization_id = any(%(organizations)s::uuid []) AND c.state = 'withdrawn' AND c.effective_at >= %(since)s
    ) AS unsubscribed,
    (
        SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY s.started_at - begun.started_at)
        FROM begun
        INNER JOIN atlas.workflow_execution_steps AS s ON s.execution_id = begun.id AND s.position = 0
    ) AS latency,
    (
        SELECT %(now)s - min(s.started_at)
        FROM atlas.execution_states AS s
        WHERE s.organization_id = any(%(organizations)s::uuid []) AND NOT s.begun
    ) AS waiting
