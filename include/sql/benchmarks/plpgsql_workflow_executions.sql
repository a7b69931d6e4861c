-- The way the source system migrated itself, for executions: a loop with an exception block per row; no ledger, no original.
DO $loop$
DECLARE
    legacy public.workflow_executions;
BEGIN
    FOR legacy IN SELECT * FROM public.workflow_executions LOOP
        BEGIN
            INSERT INTO atlas.workflow_executions (
                id, organization_id, workflow_id, status, trigger_data, context, error, started_at, completed_at, execution_time_ms,
                created_at, legacy_flags, source_table, source_id
            )
            VALUES (
                legacy.id, legacy.organization_id, legacy.workflow_id, legacy.status, legacy.trigger_data, legacy.context, legacy.error,
                coalesce(legacy.started_at, legacy.created_at), legacy.completed_at, legacy.execution_time_ms, legacy.created_at, '{}',
                'workflow_executions', legacy.id::text
            );
        EXCEPTION WHEN OTHERS THEN
            RAISE DEBUG 'execution % failed: %', legacy.id, sqlerrm;
        END;
    END LOOP;
END
$loop$
