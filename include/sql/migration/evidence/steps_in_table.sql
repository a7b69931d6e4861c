-- How often each node was done, skipped or failed, from the table of steps.
SELECT
    counted.workflow_id::text AS workflow_id,
    counted.node_id,
    counted.status,
    counted.times
FROM (
    SELECT
        source.workflow_id,
        step.node_id::text AS node_id,
        step.status::text AS status,
        count(*) AS times
    FROM {steps} AS step
    INNER JOIN {table} AS source ON step.execution_id = source.id
    WHERE source.workflow_id IS NOT NULL
    GROUP BY 1, 2, 3
) AS counted
