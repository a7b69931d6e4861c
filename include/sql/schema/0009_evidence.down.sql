-- Removes the evidence of what happened in the old application.
DROP TABLE IF EXISTS atlas.trigger_evidence;
DROP TABLE IF EXISTS atlas.organization_events;
DROP TABLE IF EXISTS atlas.workflow_evidence;
