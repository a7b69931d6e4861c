-- Takes back what support reads and the keys and days of 0015; held executions go on, failed ones cannot be replayed any more.
COMMENT ON TABLE atlas.workflow_executions IS 'Executions, by month of their start (UTC). The default partition takes dates no month was made for.';
DROP FUNCTION atlas.ensure_day_partitions(text, timestamptz, timestamptz);
-- Days go back into the default partition: beside them the month could not be made any more. The owner passes the forced
-- policies only while it says that it migrates.
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
DO $$
DECLARE
    found record;
BEGIN
    FOR found IN
        SELECT p.relname AS parent, c.relname AS child
        FROM pg_inherits AS i
        INNER JOIN pg_class AS c ON c.oid = i.inhrelid
        INNER JOIN pg_class AS p ON p.oid = i.inhparent
        WHERE p.relnamespace = 'atlas'::regnamespace AND p.relkind = 'p' AND c.relname ~ '_\d{4}_\d\d_\d\d$'
    LOOP
        EXECUTE format('ALTER TABLE atlas.%I DETACH PARTITION atlas.%I', found.parent, found.child);
        EXECUTE format('INSERT INTO atlas.%I SELECT * FROM atlas.%I', found.parent || '_default', found.child);
        EXECUTE format('DROP TABLE atlas.%I', found.child);
    END LOOP;
END
$$;
SELECT set_config('row_security', 'off', true), set_config('atlas.acting', '', true);
CREATE OR REPLACE FUNCTION atlas.make_month_partition(parent regclass, key_column text, month date) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    parent_name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = parent);
    child text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
    low timestamptz := month::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (month + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('atlas.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE atlas.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', child, parent);
    -- Rows that came before their month had a table wait in the default partition; ATTACH refuses while they do.
    EXECUTE format(
        'WITH moved AS (DELETE FROM atlas.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO atlas.%I SELECT * FROM moved',
        parent_name || '_default', key_column, low, key_column, high, child
    );
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION atlas.%I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    PERFORM atlas.secure(format('atlas.%I', child)::regclass);
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = parent) THEN
        EXECUTE format('ALTER TABLE atlas.%I NO FORCE ROW LEVEL SECURITY', child);
    END IF;
    RETURN true;
END
$$;
DROP FUNCTION atlas.make_day_partition(regclass, text, date);
DROP FUNCTION atlas.make_partition(regclass, text, text, timestamptz, timestamptz);

ALTER TABLE atlas.workflow_execution_logs DROP CONSTRAINT workflow_execution_logs_pkey;
ALTER TABLE atlas.workflow_execution_logs ADD PRIMARY KEY (id, logged_at);
ALTER TABLE atlas.workflow_execution_steps DROP CONSTRAINT workflow_execution_steps_pkey;
ALTER TABLE atlas.workflow_execution_steps ADD PRIMARY KEY (id, started_at);
ALTER TABLE atlas.workflow_executions DROP CONSTRAINT workflow_executions_pkey;
ALTER TABLE atlas.workflow_executions ADD PRIMARY KEY (id, started_at);

DROP INDEX atlas.effects_being_sent;
DROP TABLE atlas.connector_limits;

DROP INDEX atlas.effects_held_back, atlas.effects_intended;
CREATE INDEX effects_intended ON atlas.effects (kind, organization_id, id) WHERE status = 'intended';
ALTER TABLE atlas.effects DROP COLUMN waits_for;

-- The owner passes the forced policies only while it says that it migrates.
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
UPDATE atlas.workflow_execution_queue SET ready = ready OR again, again = false, waits_for = NULL WHERE waits_for IS NOT NULL;
SELECT set_config('row_security', 'off', true), set_config('atlas.acting', '', true);
DROP INDEX atlas.workflow_execution_queue_due;
ALTER TABLE atlas.workflow_execution_queue
    DROP CONSTRAINT workflow_execution_queue_again,
    DROP COLUMN waits_for,
    ADD CONSTRAINT workflow_execution_queue_check1 CHECK (leased OR NOT again);
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (due_at) WHERE NOT ready;

DROP FUNCTION atlas.take_start_slot(uuid, uuid, timestamptz);
DROP TABLE atlas.dead_letters;
DROP INDEX atlas.execution_states_by_workflow;
ALTER TABLE atlas.execution_states DROP COLUMN held_at, DROP COLUMN resumed_at;
DROP INDEX atlas.workflow_executions_by_subject;
ALTER TABLE atlas.workflow_executions DROP COLUMN subject;
