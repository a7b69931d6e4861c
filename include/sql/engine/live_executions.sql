-- Live executions of a workflow behind a place given: those of versions before one, or all.
SELECT s.execution_id::text
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s AND s.execution_id > %(after)s
    AND (%(before_version)s::integer IS NULL OR s.workflow_version < %(before_version)s::integer)
ORDER BY s.execution_id
LIMIT %(limit)s
