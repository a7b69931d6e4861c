-- What came of each whom an audience found, counted. It is one thing for each: failed before unknown, held before under way.
SELECT e.outcome, count(*)::integer AS entrants
FROM (
    SELECT
        CASE
            WHEN m.answer <> 'started' THEN m.answer
            WHEN x.status IN ('failed', 'timeout') THEN 'failed'
            WHEN x.status = 'cancelled' THEN 'cancelled'
            WHEN f.is_unknown THEN 'unknown'
            WHEN f.is_held THEN 'held'
            WHEN x.status IN ('pending', 'queued', 'running', 'paused') THEN 'under_way'
            WHEN f.is_sent THEN 'sent'
            WHEN f.is_skipped THEN 'skipped'
            WHEN x.id IS NOT NULL THEN 'completed'
            ELSE 'lost'
        END AS outcome
    FROM atlas.audience_members AS m
    LEFT JOIN atlas.workflow_executions AS x
        ON x.organization_id = m.organization_id AND x.id = m.execution_id AND x.started_at >= %(since)s
    LEFT JOIN LATERAL (
        SELECT
            bool_or(l.status = 'unknown') AS is_unknown, bool_or(l.status = 'held') AS is_held,
            bool_or(l.status = 'done') AS is_sent, bool_or(l.status = 'skipped') AS is_skipped
        FROM atlas.effects AS l
        WHERE l.organization_id = m.organization_id AND l.execution_id = m.execution_id
            AND (l.kind = ANY(%(messages)s) OR l.status = 'unknown')
    ) AS f ON true
    WHERE m.organization_id = %(organization)s AND m.run_id = %(run)s
) AS e
GROUP BY e.outcome
ORDER BY e.outcome
