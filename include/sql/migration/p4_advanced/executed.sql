-- When the old application's scheduler started each of these workflows the last times, as far as executions say so.
SELECT
    g.id::text AS workflow,
    x.started_at
FROM unnest(%(workflows)s::uuid []) AS g (id)
CROSS JOIN LATERAL (
    SELECT e.started_at
    FROM atlas.workflow_executions AS e
    WHERE
        e.workflow_id = g.id AND e.source_table IS NOT NULL AND lower(btrim(e.triggered_by)) = 'scheduled'
        AND e.status NOT IN ('pending', 'queued')
    ORDER BY e.started_at DESC
    LIMIT %(limit)s
) AS x
ORDER BY x.started_at
