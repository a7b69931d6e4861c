-- Count the finished executions of every workflow anew, by the hour in its organization's zone; only rows that differ are written.
WITH finished AS (
    SELECT
        execution.id,
        execution.workflow_id,
        execution.organization_id,
        execution.status,
        execution.error,
        execution.triggered_by,
        coalesce(
            execution.trigger_data ->> 'leadId', execution.trigger_data ->> 'lead_id', execution.trigger_data ->> 'contactId',
            execution.trigger_data ->> 'contact_id', execution.trigger_data ->> 'clientId',
            execution.trigger_data #>> '{lead,id}', execution.trigger_data #>> '{contact,id}'
        ) AS subject,
        -- When it ended, else when it started; what no calendar holds has the date of an execution without a start.
        CASE
            WHEN execution.completed_at BETWEEN '0002-01-01' AND '9998-12-31' THEN execution.completed_at
            WHEN execution.started_at BETWEEN '0002-01-01' AND '9998-12-31' THEN execution.started_at
            ELSE timestamptz '1970-01-01 00:00:00+00'
        END AT TIME ZONE coalesce(zone.value, 'UTC') AS ended,
        CASE
            WHEN execution.execution_time_ms >= 0 THEN execution.execution_time_ms
            WHEN
                execution.started_at >= '0002-01-01' AND execution.completed_at <= '9998-12-31'
                AND execution.completed_at >= execution.started_at AND NOT execution.legacy_flags @> '{no_start}'
                THEN round(extract(EPOCH FROM execution.completed_at - execution.started_at) * 1000)::bigint
        END AS took
    FROM atlas.workflow_executions AS execution
    INNER JOIN atlas.workflows AS workflow
        ON execution.workflow_id = workflow.id AND execution.organization_id = workflow.organization_id
    LEFT JOIN jsonb_each_text(%(zones)s::jsonb) AS zone (organization_id, value)
        ON execution.organization_id::text = zone.organization_id
    WHERE
        execution.status IN ('completed', 'failed', 'cancelled', 'timeout')
        AND (%(organizations)s::uuid[] IS NULL OR execution.organization_id = ANY(%(organizations)s::uuid[]))
),

performed AS (
    SELECT
        step.execution_id,
        count(*) AS nodes,
        count(*) FILTER (WHERE step.node_type = 'action' OR step.action_type IS NOT NULL) AS actions,
        count(*) FILTER (WHERE step.node_type IN ('condition', 'switch', 'filter', 'smart_condition')) AS conditions
    FROM atlas.workflow_execution_steps AS step
    WHERE
        step.status IN ('completed', 'failed', 'timeout')
        AND (%(organizations)s::uuid[] IS NULL OR step.organization_id = ANY(%(organizations)s::uuid[]))
    GROUP BY step.execution_id
),

failures AS (
    SELECT
        finished.workflow_id,
        finished.ended::date AS day,
        extract(HOUR FROM finished.ended)::integer AS hour,
        left(finished.error, 200) AS message,
        count(*) AS times,
        row_number() OVER (
            PARTITION BY finished.workflow_id, finished.ended::date, extract(HOUR FROM finished.ended)
            ORDER BY count(*) DESC, left(finished.error, 200)
        ) AS place
    FROM finished
    WHERE finished.error IS NOT NULL AND finished.status IN ('failed', 'timeout')
    GROUP BY finished.workflow_id, finished.ended::date, extract(HOUR FROM finished.ended), left(finished.error, 200)
),

errors AS (
    SELECT
        failures.workflow_id,
        failures.day,
        failures.hour,
        jsonb_agg(jsonb_build_object('message', failures.message, 'count', failures.times) ORDER BY failures.place) AS listed
    FROM failures
    WHERE failures.place <= 3
    GROUP BY failures.workflow_id, failures.day, failures.hour
),

buckets AS (
    SELECT
        finished.workflow_id,
        finished.organization_id,
        finished.ended::date AS day,
        extract(HOUR FROM finished.ended)::integer AS hour,
        count(*) AS executions,
        count(*) FILTER (WHERE finished.status = 'completed') AS successful,
        count(*) FILTER (WHERE finished.status IN ('failed', 'timeout')) AS failed,
        count(*) FILTER (WHERE finished.status = 'timeout') AS timeouts,
        count(*) FILTER (WHERE finished.status = 'cancelled') AS cancelled,
        CASE WHEN count(finished.took) > 0 THEN least(sum(finished.took), 9223372036854775807)::bigint END AS took,
        round(avg(finished.took))::bigint AS took_on_average,
        min(finished.took) AS took_least,
        max(finished.took) AS took_most,
        coalesce(sum(performed.nodes), 0)::bigint AS nodes,
        coalesce(sum(performed.actions), 0)::bigint AS actions,
        coalesce(sum(performed.conditions), 0)::bigint AS conditions,
        count(DISTINCT finished.triggered_by) AS triggers,
        count(DISTINCT finished.subject) AS subjects
    FROM finished
    LEFT JOIN performed ON finished.id = performed.execution_id
    GROUP BY finished.workflow_id, finished.organization_id, finished.ended::date, extract(HOUR FROM finished.ended)
),

gone AS (
    DELETE FROM atlas.workflow_analytics AS stale
    WHERE
        stale.origin = 'atlas'
        AND (%(organizations)s::uuid[] IS NULL OR stale.organization_id = ANY(%(organizations)s::uuid[]))
        AND NOT EXISTS (
            SELECT FROM buckets
            WHERE buckets.workflow_id = stale.workflow_id AND buckets.day = stale.date AND buckets.hour = stale.hour
        )
)

INSERT INTO atlas.workflow_analytics AS known (
    id, organization_id, workflow_id, date, hour, origin, executions_count, successful_count, failed_count, cancelled_count,
    total_execution_time_ms, avg_execution_time_ms, min_execution_time_ms, max_execution_time_ms, total_nodes_executed,
    total_actions_performed, total_conditions_evaluated, error_categories, most_common_errors, unique_triggers,
    unique_users_affected, created_at, updated_at, source_table, source_id
)
SELECT
    md5(concat_ws(' ', 'history', buckets.workflow_id, buckets.day, buckets.hour))::uuid,
    buckets.organization_id,
    buckets.workflow_id,
    buckets.day,
    buckets.hour,
    'atlas',
    buckets.executions,
    buckets.successful,
    buckets.failed,
    buckets.cancelled,
    buckets.took,
    buckets.took_on_average,
    buckets.took_least,
    buckets.took_most,
    buckets.nodes,
    buckets.actions,
    buckets.conditions,
    jsonb_strip_nulls(jsonb_build_object(
        'failed', nullif(buckets.failed - buckets.timeouts, 0), 'timeout', nullif(buckets.timeouts, 0)
    )),
    coalesce(errors.listed, '[]'),
    buckets.triggers,
    buckets.subjects,
    %(at)s AS created_at,
    %(at)s AS updated_at,
    'history',
    'history of ' || buckets.workflow_id
FROM buckets
LEFT JOIN errors
    ON buckets.workflow_id = errors.workflow_id AND buckets.day = errors.day AND buckets.hour = errors.hour
ON CONFLICT (workflow_id, date, hour, origin) DO UPDATE SET
    organization_id = excluded.organization_id,
    executions_count = excluded.executions_count,
    successful_count = excluded.successful_count,
    failed_count = excluded.failed_count,
    cancelled_count = excluded.cancelled_count,
    total_execution_time_ms = excluded.total_execution_time_ms,
    avg_execution_time_ms = excluded.avg_execution_time_ms,
    min_execution_time_ms = excluded.min_execution_time_ms,
    max_execution_time_ms = excluded.max_execution_time_ms,
    total_nodes_executed = excluded.total_nodes_executed,
    total_actions_performed = excluded.total_actions_performed,
    total_conditions_evaluated = excluded.total_conditions_evaluated,
    error_categories = excluded.error_categories,
    most_common_errors = excluded.most_common_errors,
    unique_triggers = excluded.unique_triggers,
    unique_users_affected = excluded.unique_users_affected,
    updated_at = excluded.updated_at
WHERE
    (
        known.organization_id, known.executions_count, known.successful_count, known.failed_count, known.cancelled_count,
        known.total_execution_time_ms, known.avg_execution_time_ms, known.min_execution_time_ms,
        known.max_execution_time_ms, known.total_nodes_executed, known.total_actions_performed,
        known.total_conditions_evaluated, known.error_categories, known.most_common_errors, known.unique_triggers,
        known.unique_users_affected
    ) IS DISTINCT FROM (
        excluded.organization_id, excluded.executions_count, excluded.successful_count, excluded.failed_count,
        excluded.cancelled_count, excluded.total_execution_time_ms, excluded.avg_execution_time_ms,
        excluded.min_execution_time_ms, excluded.max_execution_time_ms, excluded.total_nodes_executed,
        excluded.total_actions_performed, excluded.total_conditions_evaluated, excluded.error_categories,
        excluded.most_common_errors, excluded.unique_triggers, excluded.unique_users_affected
    )
