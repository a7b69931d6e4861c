-- Executions that look like one, among those found when the pass over the table began; younger ones are looked for anew.
SELECT
    execution.id::text AS id,
    twin.id::text AS twin_id
FROM pg_temp.atlas_twin_candidates AS execution
INNER JOIN pg_temp.atlas_twin_candidates AS twin
    ON
        execution.workflow_id = twin.workflow_id
        AND execution.data = twin.data
        AND execution.id <> twin.id
        AND twin.started_at BETWEEN
        execution.started_at - interval '5 seconds' AND execution.started_at + interval '5 seconds'
WHERE execution.id = ANY(%(keys)s)
UNION
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
    AND execution.started_at >= current_setting('atlas.twins_looked_at')::timestamptz - interval '1 minute'
ORDER BY id, twin_id
