-- Executions that look like one: same workflow, same trigger data, started within five seconds of each other.
SELECT
    execution.id::text AS id,
    twin.id::text AS twin_id
FROM public.workflow_executions AS execution
INNER JOIN public.workflow_executions AS twin
    ON
        execution.workflow_id = twin.workflow_id
        AND execution.id <> twin.id
        AND twin.started_at BETWEEN
        execution.started_at - interval '5 seconds' AND execution.started_at + interval '5 seconds'
        AND execution.trigger_data::text = twin.trigger_data::text
WHERE
    execution.id = ANY(%(keys)s)
    AND execution.trigger_data IS NOT NULL
ORDER BY execution.id, twin.id
