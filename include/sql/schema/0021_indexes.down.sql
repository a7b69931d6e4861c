-- Lets the organization lead the indexes again.
DROP INDEX atlas.execution_states_by_subject, atlas.execution_states_by_workflow, atlas.effects_by_execution,
atlas.event_outbox_by_subject;
CREATE INDEX execution_states_by_subject ON atlas.execution_states (organization_id, subject);
CREATE INDEX execution_states_by_workflow ON atlas.execution_states (organization_id, workflow_id);
CREATE INDEX effects_by_execution ON atlas.effects (organization_id, execution_id);
CREATE INDEX event_outbox_by_subject ON atlas.event_outbox (organization_id, subject, occurred_at);
