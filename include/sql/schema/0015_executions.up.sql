-- What support reads and steers: whom an execution is about, what is kept of failed ones, and what holds a live one back.

ALTER TABLE atlas.workflow_executions ADD COLUMN subject text;
COMMENT ON COLUMN atlas.workflow_executions.subject IS 'Whom it is about; NULL for history of the legacy side.';
CREATE INDEX workflow_executions_by_subject ON atlas.workflow_executions (organization_id, subject, started_at DESC)
    WHERE subject IS NOT NULL;
UPDATE atlas.workflow_executions AS e
SET subject = n.subject, updated_at = e.updated_at
FROM atlas.enrolments AS n
WHERE n.organization_id = e.organization_id AND n.execution_id = e.id;
CREATE INDEX execution_states_by_workflow ON atlas.execution_states (organization_id, workflow_id);

CREATE TABLE atlas.dead_letters (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    failed_at timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    workflow_version integer NOT NULL,
    subject text NOT NULL,
    node_id text NOT NULL,
    node_type text NOT NULL,
    error_class text NOT NULL,
    message text NOT NULL,
    pattern text NOT NULL,
    priority smallint NOT NULL,
    recorded integer NOT NULL,
    begun boolean NOT NULL,
    document json NOT NULL,
    untold json NOT NULL DEFAULT '[]',
    starter_id uuid,
    starter json,
    PRIMARY KEY (organization_id, execution_id)
);
CREATE INDEX dead_letters_by_cause ON atlas.dead_letters (organization_id, error_class, node_type, pattern, failed_at);
COMMENT ON TABLE atlas.dead_letters IS
    'What is kept of each failed execution, so that it can go on from the step that failed; goes when it is replayed or dropped.';
COMMENT ON COLUMN atlas.dead_letters.node_id IS 'The step that failed; empty where no step is to blame.';
COMMENT ON COLUMN atlas.dead_letters.pattern IS 'The message without what differs from one execution to the next.';
COMMENT ON COLUMN atlas.dead_letters.recorded IS 'How many steps had been recorded.';
COMMENT ON COLUMN atlas.dead_letters.document IS 'Where it stood just before it failed; how to begin where it had not begun.';
COMMENT ON COLUMN atlas.dead_letters.untold IS 'Events that had come and that it was not told any more.';
SELECT atlas.secure('atlas.dead_letters');
GRANT SELECT ON atlas.dead_letters TO atlas_app;

ALTER TABLE atlas.workflow_execution_queue
    ADD COLUMN waits_for text CHECK (waits_for IN ('workflow_paused', 'rate_limit', 'concurrency')),
    DROP CONSTRAINT workflow_execution_queue_check1,
    ADD CONSTRAINT workflow_execution_queue_again CHECK (leased OR NOT again OR waits_for = 'workflow_paused'),
    ADD CONSTRAINT workflow_execution_queue_held CHECK (waits_for IS NULL OR NOT (ready OR leased));
DROP INDEX atlas.workflow_execution_queue_due;
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (due_at)
    WHERE NOT ready AND waits_for IS DISTINCT FROM 'workflow_paused';
COMMENT ON COLUMN atlas.workflow_execution_queue.waits_for IS
    'What holds it back: its workflow is paused, or a limit lets it begin at due_at; NULL for nothing.';

CREATE FUNCTION atlas.take_start_slot(organization uuid, workflow uuid, at timestamptz) RETURNS timestamptz
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held record;
    width interval;
    slot timestamptz := at;
    opening timestamptz;
    moved boolean := true;
BEGIN
    PERFORM FROM atlas.workflow_rate_limits AS r
    WHERE r.organization_id = organization AND (r.workflow_id IS NULL OR r.workflow_id = workflow) AND r.is_active
    ORDER BY r.id
    FOR UPDATE;
    -- Until every limit has room in the window in which the slot lies. Windows only fill forwards.
    WHILE moved LOOP
        moved := false;
        FOR held IN
            SELECT r.id, r.limit_type, r.limit_value, r.window_start, r.current_count
            FROM atlas.workflow_rate_limits AS r
            WHERE r.organization_id = organization AND (r.workflow_id IS NULL OR r.workflow_id = workflow) AND r.is_active
        LOOP
            width := ('1 ' || split_part(held.limit_type, '_per_', 2))::interval;
            opening := date_bin(width, slot, 'epoch');
            IF held.window_start >= opening THEN
                opening := held.window_start;
                IF held.current_count >= held.limit_value THEN
                    opening := opening + width;
                END IF;
            END IF;
            IF opening > slot THEN
                slot := opening;
                moved := true;
            END IF;
        END LOOP;
    END LOOP;
    UPDATE atlas.workflow_rate_limits AS r
    SET
        current_count = CASE WHEN r.window_start = w.opening THEN r.current_count + 1 ELSE 1 END,
        window_start = w.opening, window_end = w.opening + w.width,
        exceeded_at = CASE WHEN slot > at THEN at ELSE r.exceeded_at END,
        reset_at = CASE WHEN slot > at THEN slot ELSE r.reset_at END
    FROM (
        SELECT i.id, x.width, date_bin(x.width, slot, 'epoch') AS opening
        FROM atlas.workflow_rate_limits AS i
        CROSS JOIN LATERAL (SELECT ('1 ' || split_part(i.limit_type, '_per_', 2))::interval AS width) AS x
        WHERE i.organization_id = organization AND (i.workflow_id IS NULL OR i.workflow_id = workflow) AND i.is_active
    ) AS w
    WHERE r.id = w.id;
    RETURN CASE WHEN slot > at THEN slot END;
END
$$;
REVOKE ALL ON FUNCTION atlas.take_start_slot(uuid, uuid, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION atlas.take_start_slot(uuid, uuid, timestamptz) IS
    'Counts a start against the limits of its organization and workflow; returns when it may begin, NULL for at once.';

ALTER TABLE atlas.effects ADD COLUMN waits_for text CHECK (waits_for = 'workflow_paused');
DROP INDEX atlas.effects_intended;
CREATE INDEX effects_intended ON atlas.effects (kind, organization_id, id) WHERE status = 'intended' AND waits_for IS NULL;
CREATE INDEX effects_held ON atlas.effects (organization_id, workflow_id) WHERE waits_for IS NOT NULL;
COMMENT ON COLUMN atlas.effects.waits_for IS 'What holds an intended effect back; NULL for nothing.';
