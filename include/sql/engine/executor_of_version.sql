-- Who executes a version.
SELECT v.executor
FROM atlas.workflow_versions AS v
WHERE v.organization_id = %(organization)s AND v.workflow_id = %(workflow)s AND v.version = %(version)s
