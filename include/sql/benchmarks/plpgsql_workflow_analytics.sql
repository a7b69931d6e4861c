-- The way the source system migrated itself, for days of analytics: a loop with an exception block per row; no ledger, no original.
DO $loop$
DECLARE
    legacy public.workflow_analytics;
BEGIN
    FOR legacy IN SELECT * FROM public.workflow_analytics LOOP
        BEGIN
            INSERT INTO atlas.workflow_analytics (
                id, organization_id, workflow_id, date, origin, executions_count, successful_count, failed_count, total_execution_time_ms,
                avg_execution_time_ms, unique_triggers, created_at, source_table, source_id
            )
            SELECT
                legacy.id, workflow.organization_id, legacy.workflow_id, legacy.date, 'legacy_reported', coalesce(legacy.executions_count, 0),
                coalesce(legacy.success_count, 0), coalesce(legacy.failure_count, 0), legacy.total_execution_time_ms,
                legacy.avg_execution_time_ms, coalesce(legacy.unique_triggers, 0), NULL, 'workflow_analytics', legacy.id::text
            FROM public.workflows AS workflow
            WHERE workflow.id = legacy.workflow_id;
        EXCEPTION WHEN OTHERS THEN
            RAISE DEBUG 'day % failed: %', legacy.id, sqlerrm;
        END;
    END LOOP;
END
$loop$
