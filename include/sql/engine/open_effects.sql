-- Effects of executions that may still be sent.
SELECT e.organization_id::text AS organization_id, e.effect_key
FROM json_to_recordset(%(executions)s) AS x (organization_id uuid, execution_id uuid)
INNER JOIN atlas.effects AS e ON e.organization_id = x.organization_id AND e.execution_id = x.execution_id
WHERE e.status IN ('intended', 'held', 'dispatching', 'unknown')
ORDER BY e.organization_id, e.effect_key
