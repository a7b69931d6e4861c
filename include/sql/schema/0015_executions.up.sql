-- What support reads and steers: whom an execution is about, what is kept of failed ones, what holds a live one back; the
-- organization in every key of executions and steps, and a partition for each day.

ALTER TABLE atlas.workflow_executions ADD COLUMN subject text;
COMMENT ON COLUMN atlas.workflow_executions.subject IS 'Whom it is about; NULL for history of the legacy side.';
CREATE INDEX workflow_executions_by_subject ON atlas.workflow_executions (organization_id, subject, started_at DESC)
    WHERE subject IS NOT NULL;
ALTER TABLE atlas.execution_states ADD COLUMN held_at timestamptz, ADD COLUMN resumed_at timestamptz;
COMMENT ON COLUMN atlas.execution_states.held_at IS 'When it was last held, or when it failed before it was replayed.';
COMMENT ON COLUMN atlas.execution_states.resumed_at IS 'When it went on after that; the time between does not count for it.';
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
    ADD COLUMN waits_for text CHECK (waits_for IN ('workflow_paused', 'rate_limit')),
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
CREATE INDEX effects_held_back ON atlas.effects (organization_id, workflow_id) WHERE waits_for IS NOT NULL;
COMMENT ON COLUMN atlas.effects.waits_for IS 'What holds an intended effect back; NULL for nothing.';

CREATE TABLE atlas.connector_limits (
    organization_id uuid NOT NULL,
    kind text NOT NULL,
    at_once integer CHECK (at_once > 0),
    per_minute integer CHECK (per_minute > 0),
    next_at timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (organization_id, kind),
    CHECK (at_once IS NOT NULL OR per_minute IS NOT NULL)
);
CREATE INDEX connector_limits_by_kind ON atlas.connector_limits (kind);
CREATE INDEX effects_being_sent ON atlas.effects (organization_id, kind) WHERE status = 'dispatching';
COMMENT ON TABLE atlas.connector_limits IS
    'How many effects of a kind an organization may have sent at once, and a minute; what is over it stays intended, none is dropped.';
COMMENT ON COLUMN atlas.connector_limits.next_at IS
    'When the next one would go out if they went out evenly; as many as a minute holds may go ahead of that.';
SELECT atlas.secure('atlas.connector_limits');
GRANT SELECT, INSERT, UPDATE (at_once, per_minute), DELETE ON atlas.connector_limits TO atlas_app;

-- The organization is in every key, so that the tables can be distributed later. It does not lead: what is looked up by id
-- alone needs no second index.
ALTER TABLE atlas.workflow_executions DROP CONSTRAINT workflow_executions_pkey;
ALTER TABLE atlas.workflow_executions ADD PRIMARY KEY (id, organization_id, started_at);
ALTER TABLE atlas.workflow_execution_steps DROP CONSTRAINT workflow_execution_steps_pkey;
ALTER TABLE atlas.workflow_execution_steps ADD PRIMARY KEY (id, organization_id, started_at);
ALTER TABLE atlas.workflow_execution_logs DROP CONSTRAINT workflow_execution_logs_pkey;
ALTER TABLE atlas.workflow_execution_logs ADD PRIMARY KEY (id, organization_id, logged_at);

CREATE FUNCTION atlas.make_partition(parent regclass, key_column text, child text, low timestamptz, high timestamptz)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent_name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = parent);
BEGIN
    EXECUTE format('CREATE TABLE atlas.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', child, parent);
    -- Rows that came before their time had a table wait in the default partition; ATTACH refuses while they do.
    EXECUTE format(
        'WITH moved AS (DELETE FROM atlas.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO atlas.%I SELECT * FROM moved',
        parent_name || '_default', key_column, low, key_column, high, child
    );
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION atlas.%I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    PERFORM atlas.secure(format('atlas.%I', child)::regclass);
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = parent) THEN
        EXECUTE format('ALTER TABLE atlas.%I NO FORCE ROW LEVEL SECURITY', child);
    END IF;
END
$$;
COMMENT ON FUNCTION atlas.make_partition(regclass, text, text, timestamptz, timestamptz) IS
    'Makes one partition, moving its rows out of the default partition.';

CREATE FUNCTION atlas.make_day_partition(parent regclass, key_column text, day date) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parent_name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = parent);
    child text := format('%s_%s', parent_name, to_char(day, 'YYYY_MM_DD'));
BEGIN
    IF to_regclass(format('atlas.%I', child)) IS NOT NULL
        OR to_regclass(format('atlas.%I', format('%s_%s', parent_name, to_char(day, 'YYYY_MM')))) IS NOT NULL
    THEN
        RETURN false;
    END IF;
    PERFORM atlas.make_partition(
        parent, key_column, child, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC'
    );
    RETURN true;
END
$$;
COMMENT ON FUNCTION atlas.make_day_partition(regclass, text, date) IS
    'Makes one day''s partition (UTC); false where it exists, or the month''s does.';

CREATE OR REPLACE FUNCTION atlas.make_month_partition(parent regclass, key_column text, month date) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    parent_name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = parent);
    child text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
    last_day date := (month + interval '1 month' - interval '1 day')::date;
    day date := month;
    made boolean := false;
BEGIN
    IF to_regclass(format('atlas.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- A month of which days were made already gets the others day by day.
    IF EXISTS (
        SELECT FROM pg_inherits AS i
        INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent AND starts_with(c.relname, child || '_')
    ) THEN
        WHILE day <= last_day LOOP
            made := atlas.make_day_partition(parent, key_column, day) OR made;
            day := day + 1;
        END LOOP;
        RETURN made;
    END IF;
    PERFORM atlas.make_partition(
        parent, key_column, child, month::timestamp AT TIME ZONE 'UTC',
        (month + interval '1 month')::timestamp AT TIME ZONE 'UTC'
    );
    RETURN true;
END
$$;

CREATE FUNCTION atlas.ensure_day_partitions(table_name text, first_at timestamptz, last_at timestamptz) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    key_column text := CASE ensure_day_partitions.table_name
        WHEN 'workflow_executions' THEN 'started_at'
        WHEN 'workflow_execution_steps' THEN 'started_at'
        WHEN 'workflow_execution_logs' THEN 'logged_at'
    END;
    day date := (first_at AT TIME ZONE 'UTC')::date;
    last_day date := (last_at AT TIME ZONE 'UTC')::date;
    made integer := 0;
BEGIN
    IF key_column IS NULL THEN
        RAISE EXCEPTION 'atlas.% is not partitioned by day.', ensure_day_partitions.table_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF last_day > day + 366 THEN
        RAISE EXCEPTION 'From % to % is more than a year of days.', day, last_day
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Make the partitions of the months instead.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('atlas.month_partitions', 0));
    PERFORM set_config('atlas.acting', 'migration', true);
    WHILE day <= last_day LOOP
        made := made + atlas.make_day_partition(
            format('atlas.%I', ensure_day_partitions.table_name)::regclass, key_column, day
        )::integer;
        day := day + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION atlas.ensure_day_partitions(text, timestamptz, timestamptz) IS
    'Makes the missing daily partitions (UTC) of a table from first_at to last_at, both included; returns how many were made.';
REVOKE ALL ON FUNCTION atlas.make_partition(regclass, text, text, timestamptz, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION atlas.make_day_partition(regclass, text, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION atlas.ensure_day_partitions(text, timestamptz, timestamptz) FROM PUBLIC;
COMMENT ON TABLE atlas.workflow_executions IS
    'Executions, by day of their start (UTC); what was moved here by month. The default partition takes dates none was made for.';
