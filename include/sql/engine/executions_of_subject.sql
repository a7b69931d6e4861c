-- The live executions about a subject.
SELECT s.execution_id::text
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.subject = %(subject)s
