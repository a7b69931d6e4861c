-- Who of some subjects entered a workflow because of something else since an instant, or is in it now.
SELECT n.subject
FROM atlas.enrolments AS n
LEFT JOIN atlas.execution_states AS s ON s.organization_id = n.organization_id AND s.execution_id = n.execution_id
WHERE n.organization_id = %(organization)s AND n.workflow_id = %(workflow)s AND n.subject = ANY(%(subjects)s)
    AND n.anchor <> %(occurrence)s
    AND (n.enrolled_at > %(since)s::timestamptz OR (%(inside)s AND s.execution_id IS NOT NULL))
