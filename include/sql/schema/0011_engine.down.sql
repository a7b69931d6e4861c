-- Removes the engine's tables and gives the queue its first form back.
ALTER TABLE atlas.workflow_execution_steps
    DROP COLUMN step_key, DROP COLUMN iteration, DROP COLUMN port, DROP COLUMN unresolved;
DROP TABLE atlas.effects, atlas.enrolments, atlas.execution_inbox, atlas.execution_states, atlas.workflow_execution_queue;

CREATE TABLE atlas.workflow_execution_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    branch text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL DEFAULT now(),
    priority smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    lease_until timestamptz,
    leased_by text,
    fencing bigint NOT NULL DEFAULT 0,
    UNIQUE (execution_id, branch)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (priority DESC, due_at, id);
COMMENT ON TABLE atlas.workflow_execution_queue IS
    'One narrow row per live token of an execution, inserted and removed in the transaction of the execution''s state. No JSON.';
COMMENT ON COLUMN atlas.workflow_execution_queue.priority IS '10 is the most urgent.';
COMMENT ON COLUMN atlas.workflow_execution_queue.fencing IS 'Grows with every claim; a worker whose number is old may not write.';
SELECT atlas.secure('atlas.workflow_execution_queue');
GRANT SELECT, INSERT ON atlas.workflow_execution_queue TO atlas_app;
