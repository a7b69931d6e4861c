-- Executions with another of the same workflow and trigger data within five seconds, found in one pass over the table
-- and kept for the session. Looking at all executions of its workflow for each execution takes hours where there are many.
INSERT INTO pg_temp.atlas_twin_candidates (id, workflow_id, started_at, data)
SELECT
    neighbour.id,
    neighbour.workflow_id,
    neighbour.started_at,
    neighbour.data
FROM (
    SELECT
        execution.id,
        execution.workflow_id,
        execution.started_at,
        execution.data,
        lag(execution.started_at) OVER near AS before,
        lead(execution.started_at) OVER near AS after
    FROM (
        SELECT
            id,
            workflow_id,
            started_at,
            md5(trigger_data::text) AS data
        FROM public.workflow_executions
        WHERE trigger_data IS NOT NULL AND workflow_id IS NOT NULL AND isfinite(started_at)
    ) AS execution
    WINDOW near AS (PARTITION BY execution.workflow_id, execution.data ORDER BY execution.started_at)
) AS neighbour
WHERE
    neighbour.started_at - neighbour.before <= interval '5 seconds'
    OR neighbour.after - neighbour.started_at <= interval '5 seconds'
