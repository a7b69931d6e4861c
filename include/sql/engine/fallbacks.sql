-- Which of these failing executions have asked for nothing outside yet, and may be begun anew with the old meaning.
SELECT s.organization_id::text AS organization, s.execution_id::text AS execution, o.fallback_version AS version
FROM json_to_recordset(%(executions)s) AS x (organization_id uuid, execution_id uuid)
INNER JOIN atlas.execution_states AS s ON s.organization_id = x.organization_id AND s.execution_id = x.execution_id
INNER JOIN atlas.execution_owners AS o
    ON o.organization_id = s.organization_id AND o.workflow_id = s.workflow_id AND o.trigger_key = ''
INNER JOIN atlas.workflow_versions AS v ON v.workflow_id = s.workflow_id AND v.version = s.workflow_version
WHERE o.owner = 'atlas_enhanced' AND o.fallback_version IS NOT NULL AND v.executor = 'atlas_enhanced'
    AND NOT EXISTS (
        SELECT FROM atlas.effects AS e
        WHERE e.organization_id = s.organization_id AND e.execution_id = s.execution_id
    )
