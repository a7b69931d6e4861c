-- The way the source system migrated itself: one transaction, a loop, an exception block per row, the seed's transform.
DO $loop$
DECLARE
    legacy public.workflows;
BEGIN
    FOR legacy IN SELECT * FROM public.workflows ORDER BY created_at LOOP
        BEGIN
            INSERT INTO bench.workflows (id, organization_id, name, definition)
            SELECT
                legacy.id,
                legacy.organization_id,
                legacy.name,
                jsonb_set(legacy.workflow_data, '{nodes}', coalesce((
                    SELECT jsonb_agg(
                        node || jsonb_build_object(
                            'data', coalesce(node -> 'data', '{}') || '{"version": "2.0", "enhanced": true}'
                        )
                    )
                    FROM jsonb_array_elements(legacy.workflow_data -> 'nodes') AS node
                ), '[]'));
            INSERT INTO bench.workflow_triggers (workflow_id, organization_id, trigger_type, trigger_config)
            VALUES (
                legacy.id, legacy.organization_id, legacy.trigger_type, coalesce(legacy.trigger_config, '{}')
            );
        EXCEPTION WHEN OTHERS THEN
            RAISE DEBUG 'workflow % failed: %', legacy.id, sqlerrm;
        END;
    END LOOP;
END
$loop$
