-- Executions of a workflow that its schedule started at other occurrences, and that are not over.
SELECT s.execution_id::text AS execution
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
    AND starts_with(s.subject, 'schedule:') AND s.subject <> %(subject)s
ORDER BY s.execution_id
