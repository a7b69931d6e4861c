-- What is looked up beside the organization leads these indexes. While a table is empty, an index on the organization costs as
-- little as the key; a plan that goes by it would read all of the organization once there is something to read.
DROP INDEX atlas.execution_states_by_subject, atlas.execution_states_by_workflow, atlas.effects_by_execution,
atlas.event_outbox_by_subject;
CREATE INDEX execution_states_by_subject ON atlas.execution_states (subject, organization_id);
CREATE INDEX execution_states_by_workflow ON atlas.execution_states (workflow_id, organization_id);
CREATE INDEX effects_by_execution ON atlas.effects (execution_id, organization_id);
CREATE INDEX event_outbox_by_subject ON atlas.event_outbox (subject, organization_id, occurred_at);
