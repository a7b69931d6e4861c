-- How often each node was done, skipped or failed, from the steps that executions carry in themselves.
SELECT
    counted.workflow_id::text AS workflow_id,
    counted.node_id,
    counted.status,
    counted.times
FROM (
    SELECT
        source.workflow_id,
        coalesce(step.item ->> 'nodeId', step.item ->> 'node_id', step.item ->> 'step_id') AS node_id,
        step.item ->> 'status' AS status,
        count(*) AS times
    FROM {table} AS source
    CROSS JOIN
        LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof({steps}) = 'array' THEN {steps} ELSE '[]' END) AS step (item)
    WHERE source.workflow_id IS NOT NULL
    GROUP BY 1, 2, 3
) AS counted
