-- Notes what live executions want to hear of.
INSERT INTO atlas.wait_subscriptions (organization_id, event_type, subject, execution_id)
SELECT x.organization_id, x.event_type, x.subject, x.execution_id
FROM json_to_recordset(%(wanted)s) AS x (organization_id uuid, event_type text, subject text, execution_id uuid)
ORDER BY x.organization_id, x.event_type, x.subject, x.execution_id
ON CONFLICT DO NOTHING
