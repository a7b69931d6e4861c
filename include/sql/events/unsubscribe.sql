-- Forgets what executions wanted to hear of that have ended.
DELETE FROM atlas.wait_subscriptions AS s
USING json_to_recordset(%(executions)s) AS x (organization_id uuid, execution_id uuid)
WHERE s.organization_id = x.organization_id AND s.execution_id = x.execution_id
