-- The way the source system migrated itself, for steps: a loop with an exception block per row; no ledger, no original.
DO $loop$
DECLARE
    legacy public.workflow_execution_steps;
BEGIN
    FOR legacy IN SELECT * FROM public.workflow_execution_steps LOOP
        BEGIN
            INSERT INTO atlas.workflow_execution_steps (
                id, execution_id, organization_id, position, node_id, node_type, action_type, status, input_data, output_data, error,
                started_at, completed_at, execution_time_ms, created_at, legacy_flags, source_table, source_id
            )
            SELECT
                legacy.id, legacy.execution_id, execution.organization_id, 0, legacy.node_id, legacy.node_type, legacy.action_type,
                legacy.status, legacy.input_data, legacy.output_data, legacy.error, coalesce(legacy.started_at, execution.started_at),
                legacy.completed_at, legacy.execution_time_ms, legacy.created_at, '{}', 'workflow_execution_steps', legacy.id::text
            FROM public.workflow_executions AS execution
            WHERE execution.id = legacy.execution_id;
        EXCEPTION WHEN OTHERS THEN
            RAISE DEBUG 'step % failed: %', legacy.id, sqlerrm;
        END;
    END LOOP;
END
$loop$
