-- A published version of a workflow.
SELECT v.definition::text
FROM atlas.workflow_versions AS v
WHERE v.organization_id = %(organization)s AND v.workflow_id = %(workflow)s AND v.version = %(version)s
