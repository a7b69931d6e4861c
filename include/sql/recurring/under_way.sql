-- Executions of a workflow that its schedule started at other occurrences, about nobody or whom an audience found, and that
-- are not over.
SELECT s.execution_id::text AS execution
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
    AND (
        (starts_with(s.subject, 'schedule:') AND s.subject <> %(subject)s)
        OR EXISTS (
            SELECT FROM atlas.enrolments AS n
            INNER JOIN atlas.audience_runs AS r
                ON r.organization_id = n.organization_id AND r.workflow_id = n.workflow_id AND r.occurrence = n.anchor
            WHERE n.organization_id = s.organization_id AND n.workflow_id = s.workflow_id AND n.subject = s.subject
                AND n.execution_id = s.execution_id AND n.anchor <> %(occurrence)s
        )
    )
ORDER BY s.execution_id
