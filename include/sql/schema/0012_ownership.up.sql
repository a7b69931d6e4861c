-- Who executes what: the owner of every trigger of a workflow, what was written to legacy tables for it, and rollouts.

CREATE TABLE atlas.execution_owners (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL DEFAULT '',
    owner text NOT NULL CHECK (owner IN ('legacy_app', 'atlas_legacy', 'atlas_enhanced')),
    fenced_at timestamptz,
    drained_at timestamptz,
    decided_by text NOT NULL,
    reason text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    phase_run_id uuid,
    PRIMARY KEY (organization_id, workflow_id, trigger_key),
    CONSTRAINT execution_owners_drain_follows_fence CHECK (drained_at IS NULL OR fenced_at IS NOT NULL),
    CONSTRAINT execution_owners_legacy_app_has_no_fence CHECK (owner <> 'legacy_app' OR fenced_at IS NULL),
    -- The on/off column of the old application is the whole workflow's: one trigger alone cannot stay with it.
    CONSTRAINT execution_owners_one_column_for_all_triggers CHECK (trigger_key = '' OR owner <> 'legacy_app')
);
COMMENT ON TABLE atlas.execution_owners IS
    'Who executes what, as a cutover or a rollback decided. Without a row: the old application, or us for a workflow born here.';
COMMENT ON COLUMN atlas.execution_owners.trigger_key IS 'Empty: every trigger of the workflow that has no row of its own.';
COMMENT ON COLUMN atlas.execution_owners.fenced_at IS
    'When the old application was told to begin nothing any more: events until then are its own. NULL where it never was asked.';
COMMENT ON COLUMN atlas.execution_owners.drained_at IS
    'When the last execution it had begun was over; from then on newer events are accepted. NULL while one runs.';

CREATE FUNCTION atlas.keep_owner() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE atlas.workflows AS w
    SET owner = NEW.owner, updated_at = w.updated_at
    WHERE w.id = NEW.workflow_id AND w.organization_id = NEW.organization_id AND w.owner <> NEW.owner;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.keep_owner() IS 'Database trigger: workflows.owner says what the workflow''s own row of execution_owners says.';
CREATE TRIGGER keep_owner AFTER INSERT OR UPDATE ON atlas.execution_owners
    FOR EACH ROW WHEN (NEW.trigger_key = '') EXECUTE FUNCTION atlas.keep_owner();

-- The old application cannot execute what it never saw.
CREATE FUNCTION atlas.own_what_was_born_here() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    NEW.owner := 'atlas_enhanced';
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.own_what_was_born_here() IS
    'Database trigger: a workflow that came from no legacy row is executed by atlas_enhanced.';
CREATE TRIGGER own_what_was_born_here BEFORE INSERT ON atlas.workflows
    FOR EACH ROW WHEN (NEW.source_table IS NULL AND NEW.owner = 'legacy_app')
    EXECUTE FUNCTION atlas.own_what_was_born_here();
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
UPDATE atlas.workflows SET owner = 'atlas_enhanced', updated_at = updated_at
WHERE source_table IS NULL AND owner = 'legacy_app';
ALTER TABLE atlas.workflows ADD CONSTRAINT workflows_born_here_are_ours
    CHECK (source_table IS NOT NULL OR owner <> 'legacy_app');

CREATE FUNCTION atlas.execution_owner(workflow_id uuid, trigger_key text DEFAULT '') RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(own.owner, w.owner)
    FROM atlas.workflows AS w
    LEFT JOIN atlas.execution_owners AS own
        ON own.organization_id = w.organization_id AND own.workflow_id = w.id
        AND own.trigger_key = execution_owner.trigger_key
    WHERE w.id = execution_owner.workflow_id;
END;
COMMENT ON FUNCTION atlas.execution_owner(uuid, text) IS
    'Who executes a workflow (or one trigger of it) now: legacy_app, atlas_legacy or atlas_enhanced; NULL for one that the '
    'organization of the transaction does not have. The old application may ask before it begins an execution.';

CREATE FUNCTION atlas.accepts_event(workflow_id uuid, happened_at timestamptz, trigger_key text DEFAULT '') RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        CASE
            WHEN coalesce(own.owner, w.owner) = 'legacy_app' OR accepts_event.happened_at <= whole.fenced_at THEN 'no'
            WHEN whole.fenced_at IS NOT NULL AND whole.drained_at IS NULL THEN 'later'
            ELSE 'yes'
        END
    FROM atlas.workflows AS w
    LEFT JOIN atlas.execution_owners AS whole
        ON whole.organization_id = w.organization_id AND whole.workflow_id = w.id AND whole.trigger_key = ''
    LEFT JOIN atlas.execution_owners AS own
        ON own.organization_id = w.organization_id AND own.workflow_id = w.id
        AND own.trigger_key = accepts_event.trigger_key
    WHERE w.id = accepts_event.workflow_id;
END;
COMMENT ON FUNCTION atlas.accepts_event(uuid, timestamptz, text) IS
    'Whether an event may start the workflow here: yes; no (it is the old application''s, or from before the fence); later '
    '(executions begun before the fence still run: keep the event and ask again). NULL for a workflow that is not there.';

CREATE TABLE atlas.legacy_writes (
    organization_id uuid NOT NULL,
    source_table text NOT NULL,
    source_id text NOT NULL,
    column_name text NOT NULL,
    kind text NOT NULL DEFAULT 'switch' CHECK (kind IN ('switch', 'touched', 'projected')),
    prior_value text,
    written_value text,
    phase text NOT NULL,
    phase_run_id uuid,
    actor text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    restored_at timestamptz,
    found_value text,
    PRIMARY KEY (organization_id, source_table, source_id, column_name)
);
CREATE INDEX legacy_writes_by_source ON atlas.legacy_writes (source_table, source_id);
COMMENT ON TABLE atlas.legacy_writes IS
    'Every value of a legacy table that we changed, and what stood there before, so that it can be put back.';
COMMENT ON COLUMN atlas.legacy_writes.kind IS
    'switch: the on/off column at cutover · touched: what a database trigger of the old application changed in the same '
    'statement (updated_at) · projected: an edit made here that a rollback wrote back.';
COMMENT ON COLUMN atlas.legacy_writes.prior_value IS 'column::text before our first write; NULL where it was NULL.';
COMMENT ON COLUMN atlas.legacy_writes.restored_at IS 'When the prior value was put back, or its row was found to be gone; NULL while ours is there.';
COMMENT ON COLUMN atlas.legacy_writes.found_value IS
    'What stood there when it was put back, where somebody else had changed it meanwhile: theirs was left alone.';

CREATE TABLE atlas.rollouts (
    phase text PRIMARY KEY,
    cohort text NOT NULL REFERENCES atlas.cohorts (name),
    halted_at timestamptz,
    halted_by text,
    halt_reason text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((halted_at IS NULL) = (halted_by IS NULL) AND (halted_at IS NULL) = (halt_reason IS NULL))
);
COMMENT ON TABLE atlas.rollouts IS 'How far a phase is rolled out: its cohort says to whom, and a halt that nobody new may be.';

SELECT atlas.secure('atlas.execution_owners'::regclass);
SELECT atlas.secure('atlas.legacy_writes'::regclass);
GRANT SELECT ON atlas.execution_owners, atlas.legacy_writes TO atlas_app;
REVOKE ALL ON FUNCTION atlas.keep_owner(), atlas.own_what_was_born_here(), atlas.execution_owner(uuid, text),
    atlas.accepts_event(uuid, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.execution_owner(uuid, text), atlas.accepts_event(uuid, timestamptz, text) TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.execution_owners NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.legacy_writes NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
