-- Live executions of those whom an audience found, behind one given, by id.
SELECT s.execution_id::text
FROM atlas.execution_states AS s
INNER JOIN atlas.audience_members AS m
    ON m.organization_id = s.organization_id AND m.run_id = %(run)s AND m.subject = s.subject AND m.execution_id = s.execution_id
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s AND s.execution_id > %(after)s
ORDER BY s.execution_id
LIMIT %(limit)s
