-- Tells executions that ask a second time for what is done already what came of it; what is still being sent is wanted again.
WITH asked AS MATERIALIZED (
    SELECT x.organization_id, x.effect_key
    FROM json_to_recordset(%(effects)s) AS x (organization_id uuid, effect_key text)
),
wanted AS (
    UPDATE atlas.effects AS e
    SET given_up = false
    FROM asked AS a
    WHERE e.organization_id = a.organization_id AND e.effect_key = a.effect_key AND e.given_up
        AND e.status IN ('dispatching', 'unknown')
)
INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
SELECT e.organization_id, e.execution_id, e.answer
FROM asked AS a
INNER JOIN atlas.effects AS e ON e.organization_id = a.organization_id AND e.effect_key = a.effect_key
WHERE e.status = 'done'
RETURNING execution_id::text
