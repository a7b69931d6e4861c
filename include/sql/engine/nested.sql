-- Live executions whose end these ones asked for, and for which of them.
SELECT s.organization_id::text, s.starter_id::text, s.execution_id::text
FROM json_to_recordset(%(executions)s) AS x (organization_id uuid, execution_id uuid)
INNER JOIN atlas.execution_states AS s
    ON s.organization_id = x.organization_id AND s.starter_id = x.execution_id
