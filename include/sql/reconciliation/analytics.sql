-- Workflows whose hourly counts are not the sums of their finished executions.
WITH finished AS (
    SELECT
        execution.workflow_id,
        count(*) AS executions,
        count(*) FILTER (WHERE execution.status = 'completed') AS successful,
        count(*) FILTER (WHERE execution.status IN ('failed', 'timeout')) AS failed,
        count(*) FILTER (WHERE execution.status = 'cancelled') AS cancelled
    FROM atlas.workflow_executions AS execution
    WHERE execution.status IN ('completed', 'failed', 'timeout', 'cancelled')
    GROUP BY execution.workflow_id
),

counted AS (
    SELECT
        bucket.workflow_id,
        sum(bucket.executions_count) AS executions,
        sum(bucket.successful_count) AS successful,
        sum(bucket.failed_count) AS failed,
        sum(bucket.cancelled_count) AS cancelled
    FROM atlas.workflow_analytics AS bucket
    WHERE bucket.origin = 'atlas'
    GROUP BY bucket.workflow_id
)

SELECT
    workflow.source_id,
    workflow.organization_id::text,
    coalesce(finished.executions, 0),
    coalesce(counted.executions, 0)
FROM atlas.workflows AS workflow
LEFT JOIN finished ON workflow.id = finished.workflow_id
LEFT JOIN counted ON workflow.id = counted.workflow_id
WHERE
    workflow.source_id IS NOT NULL
    AND (
        coalesce(finished.executions, 0), coalesce(finished.successful, 0), coalesce(finished.failed, 0),
        coalesce(finished.cancelled, 0)
    ) IS DISTINCT FROM (
        coalesce(counted.executions, 0), coalesce(counted.successful, 0), coalesce(counted.failed, 0),
        coalesce(counted.cancelled, 0)
    )
ORDER BY workflow.source_id
