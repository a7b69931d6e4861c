-- Takes back what support reads; held executions and effects go on, failed ones cannot be replayed any more.

DROP INDEX atlas.effects_held, atlas.effects_intended;
CREATE INDEX effects_intended ON atlas.effects (kind, organization_id, id) WHERE status = 'intended';
ALTER TABLE atlas.effects DROP COLUMN waits_for;

UPDATE atlas.workflow_execution_queue SET ready = ready OR again, again = false, waits_for = NULL WHERE waits_for IS NOT NULL;
DROP INDEX atlas.workflow_execution_queue_due;
ALTER TABLE atlas.workflow_execution_queue
    DROP CONSTRAINT workflow_execution_queue_again,
    DROP COLUMN waits_for,
    ADD CONSTRAINT workflow_execution_queue_check1 CHECK (leased OR NOT again);
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (due_at) WHERE NOT ready;

DROP FUNCTION atlas.take_start_slot(uuid, uuid, timestamptz);
DROP TABLE atlas.dead_letters;
DROP INDEX atlas.execution_states_by_workflow;
DROP INDEX atlas.workflow_executions_by_subject;
ALTER TABLE atlas.workflow_executions DROP COLUMN subject;
