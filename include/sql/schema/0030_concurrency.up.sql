-- How many executions of a workflow may be under way at once: its published version says so, the queue counts what is live.

ALTER TABLE atlas.workflows ADD COLUMN at_once integer CHECK (at_once > 0);
COMMENT ON COLUMN atlas.workflows.at_once IS
    'How many of its executions may be under way at once, as its published version says; NULL for any number.';
GRANT UPDATE (at_once) ON atlas.workflows TO atlas_app;

ALTER TABLE atlas.workflow_execution_queue
    ADD COLUMN counted_for uuid,
    ADD COLUMN admitted boolean NOT NULL DEFAULT true,
    DROP CONSTRAINT workflow_execution_queue_waits_for_check,
    ADD CONSTRAINT workflow_execution_queue_waits_for_check CHECK (
        waits_for IN ('workflow_paused', 'rate_limit', 'concurrency')
    ),
    ADD CONSTRAINT workflow_execution_queue_admitted CHECK (
        admitted AND waits_for IS DISTINCT FROM 'concurrency'
        OR NOT admitted AND counted_for IS NOT NULL AND waits_for IS NOT NULL
    );
COMMENT ON COLUMN atlas.workflow_execution_queue.waits_for IS
    'What holds it back: its workflow is paused, a limit lets it begin at due_at, or as many are under way as may be; NULL for nothing.';
COMMENT ON COLUMN atlas.workflow_execution_queue.counted_for IS
    'The workflow whose limit on executions at once counts it; NULL where there was none.';
COMMENT ON COLUMN atlas.workflow_execution_queue.admitted IS 'Whether it has a place among those that may be under way at once.';
CREATE INDEX workflow_execution_queue_waiting ON atlas.workflow_execution_queue (organization_id, counted_for, id)
    WHERE waits_for = 'concurrency';
CREATE INDEX workflow_execution_queue_counted ON atlas.workflow_execution_queue (organization_id, counted_for)
    WHERE admitted AND counted_for IS NOT NULL;

CREATE FUNCTION atlas.places_free(organization uuid, workflow uuid, most integer) RETURNS integer
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((
        SELECT least(most, w.at_once - (
            SELECT count(*)::integer
            FROM (
                SELECT FROM atlas.workflow_execution_queue AS q
                WHERE q.organization_id = organization AND q.counted_for = workflow AND q.admitted
                LIMIT w.at_once
            ) AS live
        ))
        FROM atlas.workflows AS w
        WHERE w.organization_id = organization AND w.id = workflow
    ), most)
$$;
REVOKE ALL ON FUNCTION atlas.places_free(uuid, uuid, integer) FROM PUBLIC;
COMMENT ON FUNCTION atlas.places_free(uuid, uuid, integer) IS
    'How many more executions of a workflow may be under way, at most `most`: it counts the live ones, nothing is kept.';

CREATE FUNCTION atlas.admit_executions(most integer) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization uuid := '00000000-0000-0000-0000-000000000000';
    workflow uuid := '00000000-0000-0000-0000-000000000000';
    taken integer;
    admitted_now integer := 0;
BEGIN
    LOOP
        SELECT q.organization_id, q.counted_for INTO organization, workflow
        FROM atlas.workflow_execution_queue AS q
        WHERE q.waits_for = 'concurrency' AND (q.organization_id, q.counted_for) > (organization, workflow)
        ORDER BY q.organization_id, q.counted_for
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        CONTINUE WHEN atlas.places_free(organization, workflow, most) <= 0;
        -- One transaction at a time admits for a workflow, or two would see the same place free. Nobody waits for it: whoever
        -- comes a tenth of a second later sees what this one did.
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended('atlas.admit ' || workflow::text, 0));
        UPDATE atlas.workflow_execution_queue AS q
        SET ready = true, admitted = true, waits_for = NULL, due_at = NULL
        FROM (
            SELECT n.organization_id, n.execution_id
            FROM atlas.workflow_execution_queue AS n
            WHERE n.waits_for = 'concurrency' AND n.organization_id = organization AND n.counted_for = workflow
            ORDER BY n.id
            -- Looked at anew: what committed before the lock was granted counts.
            LIMIT greatest(0, atlas.places_free(organization, workflow, most))
            FOR UPDATE SKIP LOCKED
        ) AS next
        WHERE q.organization_id = next.organization_id AND q.execution_id = next.execution_id;
        GET DIAGNOSTICS taken = ROW_COUNT;
        admitted_now := admitted_now + taken;
    END LOOP;
    RETURN admitted_now;
END
$$;
REVOKE ALL ON FUNCTION atlas.admit_executions(integer) FROM PUBLIC;
COMMENT ON FUNCTION atlas.admit_executions(integer) IS
    'Gives free places to the executions that wait for one, in the order of their starts; at most so many of a workflow at once.';
