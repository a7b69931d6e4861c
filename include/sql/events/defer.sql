-- Puts events on the waiting list of workflows that old executions still run of.
INSERT INTO atlas.deferred_events (organization_id, event_key, workflow_id, trigger_key)
SELECT x.organization_id, x.event_key, x.workflow_id, x.trigger_key
FROM json_to_recordset(%(deferred)s) AS x (organization_id uuid, event_key text, workflow_id uuid, trigger_key text)
ON CONFLICT DO NOTHING
