-- Workflows whose hourly counts are not the sums of their finished executions and their steps, with the columns that differ.
WITH finished AS (
    SELECT
        execution.id,
        execution.workflow_id,
        execution.organization_id,
        execution.status,
        CASE
            WHEN execution.execution_time_ms >= 0 THEN execution.execution_time_ms
            WHEN
                execution.started_at >= '0002-01-01' AND execution.completed_at <= '9998-12-31'
                AND execution.completed_at >= execution.started_at AND NOT execution.legacy_flags @> '{no_start}'
                THEN round(extract(EPOCH FROM execution.completed_at - execution.started_at) * 1000)::bigint
        END AS took
    FROM atlas.workflow_executions AS execution
    WHERE
        execution.status IN ('completed', 'failed', 'timeout', 'cancelled')
        AND (
            %(organizations)s::uuid [] IS NULL
            OR execution.workflow_id IN (
                SELECT id FROM atlas.workflows WHERE organization_id = any(%(organizations)s::uuid [])
            )
        )
),

executed AS (
    SELECT
        finished.workflow_id,
        count(*) AS executions,
        count(*) FILTER (WHERE finished.status = 'completed') AS successful,
        count(*) FILTER (WHERE finished.status = 'failed') AS failed,
        count(*) FILTER (WHERE finished.status = 'timeout') AS timeouts,
        count(*) FILTER (WHERE finished.status = 'cancelled') AS cancelled,
        least(sum(finished.took), 9223372036854775807) AS took,
        min(finished.took) AS took_least,
        max(finished.took) AS took_most
    FROM finished
    GROUP BY finished.workflow_id
),

performed AS (
    SELECT
        finished.workflow_id,
        count(*) AS nodes,
        count(*) FILTER (WHERE step.node_type = 'action' OR step.action_type IS NOT NULL) AS actions,
        count(*) FILTER (WHERE step.node_type IN ('condition', 'switch', 'filter', 'smart_condition')) AS conditions
    FROM atlas.workflow_execution_steps AS step
    INNER JOIN finished ON step.execution_id = finished.id
    WHERE step.status IN ('completed', 'failed', 'timeout')
    GROUP BY finished.workflow_id
),

counted AS (
    SELECT
        bucket.workflow_id,
        sum(bucket.executions_count) AS executions,
        sum(bucket.successful_count) AS successful,
        sum(bucket.failed_count) AS failed,
        sum(bucket.cancelled_count) AS cancelled,
        sum(CASE jsonb_typeof(bucket.error_categories -> 'failed')
            WHEN 'number' THEN (bucket.error_categories ->> 'failed')::numeric
        END) AS failures,
        sum(CASE jsonb_typeof(bucket.error_categories -> 'timeout')
            WHEN 'number' THEN (bucket.error_categories ->> 'timeout')::numeric
        END) AS timeouts,
        least(sum(bucket.total_execution_time_ms), 9223372036854775807) AS took,
        min(bucket.min_execution_time_ms) AS took_least,
        max(bucket.max_execution_time_ms) AS took_most,
        sum(bucket.total_nodes_executed) AS nodes,
        sum(bucket.total_actions_performed) AS actions,
        sum(bucket.total_conditions_evaluated) AS conditions
    FROM atlas.workflow_analytics AS bucket
    WHERE bucket.origin = 'atlas'
    GROUP BY bucket.workflow_id
),

compared AS (
    SELECT
        workflow.source_id,
        workflow.organization_id::text AS organization_id,
        coalesce(executed.executions, 0) AS executions,
        coalesce(counted.executions, 0) AS counted,
        array_remove(ARRAY[
            CASE WHEN coalesce(executed.executions, 0) <> coalesce(counted.executions, 0) THEN 'executions_count' END,
            CASE WHEN coalesce(executed.successful, 0) <> coalesce(counted.successful, 0) THEN 'successful_count' END,
            CASE WHEN coalesce(executed.failed + executed.timeouts, 0) <> coalesce(counted.failed, 0) THEN 'failed_count' END,
            CASE WHEN coalesce(executed.cancelled, 0) <> coalesce(counted.cancelled, 0) THEN 'cancelled_count' END,
            CASE
                WHEN
                    coalesce(executed.failed, 0) <> coalesce(counted.failures, 0)
                    OR coalesce(executed.timeouts, 0) <> coalesce(counted.timeouts, 0)
                    THEN 'error_categories'
            END,
            CASE WHEN executed.took IS DISTINCT FROM counted.took THEN 'total_execution_time_ms' END,
            CASE WHEN executed.took_least IS DISTINCT FROM counted.took_least THEN 'min_execution_time_ms' END,
            CASE WHEN executed.took_most IS DISTINCT FROM counted.took_most THEN 'max_execution_time_ms' END,
            CASE WHEN coalesce(performed.nodes, 0) <> coalesce(counted.nodes, 0) THEN 'total_nodes_executed' END,
            CASE WHEN coalesce(performed.actions, 0) <> coalesce(counted.actions, 0) THEN 'total_actions_performed' END,
            CASE
                WHEN coalesce(performed.conditions, 0) <> coalesce(counted.conditions, 0) THEN 'total_conditions_evaluated'
            END
        ], NULL) AS columns
    FROM atlas.workflows AS workflow
    LEFT JOIN executed ON workflow.id = executed.workflow_id
    LEFT JOIN performed ON workflow.id = performed.workflow_id
    LEFT JOIN counted ON workflow.id = counted.workflow_id
    WHERE
        workflow.source_id IS NOT NULL
        AND (%(organizations)s::uuid [] IS NULL OR workflow.organization_id = any(%(organizations)s::uuid []))
)

SELECT
    compared.source_id,
    compared.organization_id,
    compared.columns,
    compared.executions,
    compared.counted
FROM compared
WHERE cardinality(compared.columns) > 0
ORDER BY compared.source_id
