-- Everybody whom an audience found at an occurrence, with what has to hold of each.
SELECT
    m.organization_id::text AS organization_id,
    m.subject,
    m.answer,
    CASE WHEN m.answer NOT IN ('started', 'enrolled') OR n.execution_id = m.execution_id THEN 'yes' ELSE 'no' END AS is_enrolled,
    CASE WHEN m.answer <> 'started' OR x.subject = m.subject THEN 'yes' ELSE 'no' END AS has_its_execution
FROM atlas.audience_members AS m
LEFT JOIN atlas.enrolments AS n
    ON n.organization_id = m.organization_id AND n.workflow_id = %(workflow)s AND n.subject = m.subject
    AND n.execution_id = m.execution_id
LEFT JOIN atlas.workflow_executions AS x
    ON x.organization_id = m.organization_id AND x.id = m.execution_id AND x.started_at >= %(since)s
WHERE m.organization_id = %(organization)s AND m.run_id = %(run)s
