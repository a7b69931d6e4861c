-- The engine's tables: the queue anew, live states, inbox, enrolments, the effect ledger, and what a step needs to be a trace.

-- Nothing has ever been queued in the first draft of this table; its one index could not serve a fair claim.
DROP TABLE atlas.workflow_execution_queue;
CREATE TABLE atlas.workflow_execution_queue (
    id bigint GENERATED ALWAYS AS IDENTITY,
    organization_id uuid NOT NULL CHECK (organization_id <> '00000000-0000-0000-0000-000000000000'),
    execution_id uuid NOT NULL,
    fencing bigint NOT NULL DEFAULT 0,
    due_at timestamptz,
    priority smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    ready boolean NOT NULL DEFAULT true,
    leased boolean NOT NULL DEFAULT false,
    again boolean NOT NULL DEFAULT false,
    PRIMARY KEY (organization_id, execution_id),
    CHECK (NOT (ready AND leased)),
    CHECK (leased OR NOT again)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000, autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX workflow_execution_queue_ready ON atlas.workflow_execution_queue (organization_id, priority DESC, id) WHERE ready;
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (due_at) WHERE NOT ready;
COMMENT ON TABLE atlas.workflow_execution_queue IS
    'One narrow row per live execution, inserted and removed in the transaction of the execution''s state. No JSON.';
COMMENT ON COLUMN atlas.workflow_execution_queue.due_at IS
    'When it becomes ready by itself: the next thing the clock has to say, or the end of the lease; NULL for never.';
COMMENT ON COLUMN atlas.workflow_execution_queue.priority IS '10 is the most urgent of its organization.';
COMMENT ON COLUMN atlas.workflow_execution_queue.ready IS 'Whether a worker may claim it now.';
COMMENT ON COLUMN atlas.workflow_execution_queue.leased IS 'Whether a worker has it, until due_at.';
COMMENT ON COLUMN atlas.workflow_execution_queue.again IS 'Whether something arrived while a worker had it.';
COMMENT ON COLUMN atlas.workflow_execution_queue.fencing IS 'Grows with every claim; a worker whose number is old writes nothing.';

CREATE TABLE atlas.execution_states (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    workflow_id uuid NOT NULL,
    workflow_version integer NOT NULL,
    subject text NOT NULL,
    recorded integer NOT NULL DEFAULT 0,
    begun boolean NOT NULL DEFAULT false,
    document json NOT NULL,
    starter_id uuid,
    starter json,
    PRIMARY KEY (organization_id, execution_id)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX execution_states_by_subject ON atlas.execution_states (organization_id, subject);
CREATE INDEX execution_states_by_starter ON atlas.execution_states (organization_id, starter_id) WHERE starter_id IS NOT NULL;
COMMENT ON TABLE atlas.execution_states IS 'Where each live execution stands; the row goes when the execution ends.';
COMMENT ON COLUMN atlas.execution_states.started_at IS 'Key of its row in workflow_executions.';
COMMENT ON COLUMN atlas.execution_states.recorded IS 'How many steps have been recorded; the next one gets this position.';
COMMENT ON COLUMN atlas.execution_states.begun IS 'False while document says how to begin; then it is the interpreter''s state.';
COMMENT ON COLUMN atlas.execution_states.document IS 'json, not jsonb: no digit of a number is lost.';
COMMENT ON COLUMN atlas.execution_states.starter_id IS 'The execution that asked for the end of this one.';
COMMENT ON COLUMN atlas.execution_states.starter IS
    'Which step of it is told, and what was known of the contact when this one began.';

CREATE TABLE atlas.execution_inbox (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    event json NOT NULL,
    PRIMARY KEY (organization_id, execution_id, id)
) WITH (
    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0
);
COMMENT ON TABLE atlas.execution_inbox IS 'What has happened to a live execution and was not told to it yet; a worker removes what it has told.';

CREATE TABLE atlas.enrolments (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    subject text NOT NULL,
    anchor text NOT NULL,
    execution_id uuid NOT NULL,
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    report json,
    PRIMARY KEY (organization_id, workflow_id, subject, anchor)
);
COMMENT ON TABLE atlas.enrolments IS 'Which subject entered which workflow because of what: the same event delivered twice makes one execution.';
COMMENT ON COLUMN atlas.enrolments.report IS 'What the step that waited for the execution was told at its end.';
COMMENT ON COLUMN atlas.enrolments.anchor IS 'What the execution hangs on: the event''s key, the booking, the step that started it.';

CREATE TABLE atlas.effects (
    organization_id uuid NOT NULL,
    effect_key text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    execution_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    subject text NOT NULL,
    node_id text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL DEFAULT 'intended'
        CHECK (status IN ('intended', 'dispatching', 'done', 'failed', 'unknown', 'cancelled')),
    dispatches integer NOT NULL DEFAULT 0,
    content json NOT NULL,
    contact json,
    intended_at timestamptz NOT NULL DEFAULT now(),
    lease_until timestamptz,
    finished_at timestamptz,
    answer json,
    error text,
    PRIMARY KEY (organization_id, effect_key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX effects_intended ON atlas.effects (kind, organization_id, id) WHERE status = 'intended';
CREATE INDEX effects_dispatching ON atlas.effects (lease_until) WHERE status = 'dispatching';
CREATE INDEX effects_unknown ON atlas.effects (organization_id, finished_at) WHERE status = 'unknown';
CREATE INDEX effects_by_execution ON atlas.effects (organization_id, execution_id);
COMMENT ON TABLE atlas.effects IS
    'The effect ledger: everything done to the outside, once per key. intended, dispatching, then done, failed, unknown or cancelled.';
COMMENT ON COLUMN atlas.effects.effect_key IS 'Execution, node, rounds and visit: the same key is the same deed.';
COMMENT ON COLUMN atlas.effects.status IS
    'dispatching is committed just before the call; unknown: nobody can tell whether it arrived, a person decides.';
COMMENT ON COLUMN atlas.effects.dispatches IS 'How often a worker took it to be sent; a worker whose number is old writes nothing.';
COMMENT ON COLUMN atlas.effects.answer IS 'What the execution was told about it: its result, or why it failed.';
COMMENT ON COLUMN atlas.effects.contact IS 'Name and addresses of the contact when it was intended.';

ALTER TABLE atlas.workflow_execution_steps
    ADD COLUMN step_key text, ADD COLUMN iteration integer, ADD COLUMN port text, ADD COLUMN unresolved text[];
COMMENT ON COLUMN atlas.workflow_execution_steps.step_key IS 'Execution, node, rounds and visit: the key of the effect it asked for.';
COMMENT ON COLUMN atlas.workflow_execution_steps.iteration IS 'The round of the innermost loop, from 0.';
COMMENT ON COLUMN atlas.workflow_execution_steps.port IS 'By which port it left.';
COMMENT ON COLUMN atlas.workflow_execution_steps.unresolved IS 'Placeholders that found no value.';

SELECT atlas.secure(t::regclass)
FROM unnest(ARRAY[
    'atlas.workflow_execution_queue', 'atlas.execution_states', 'atlas.execution_inbox', 'atlas.enrolments', 'atlas.effects'
]) AS t;
GRANT SELECT, INSERT ON atlas.workflow_execution_queue TO atlas_app;
GRANT SELECT ON atlas.enrolments, atlas.effects TO atlas_app;
