-- Tells executions that ask a second time for what is done already what came of it.
INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
SELECT e.organization_id, e.execution_id, e.answer
FROM json_to_recordset(%(effects)s) AS x (organization_id uuid, effect_key text)
INNER JOIN atlas.effects AS e ON e.organization_id = x.organization_id AND e.effect_key = x.effect_key
WHERE e.status = 'done'
RETURNING execution_id::text
