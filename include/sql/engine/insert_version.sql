-- Adds the next version of a workflow.
INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash, changes)
SELECT %(workflow)s, %(organization)s, coalesce(max(v.version), 0) + 1, %(definition)s::jsonb, %(hash)s, %(changes)s
FROM atlas.workflow_versions AS v
WHERE v.workflow_id = %(workflow)s
RETURNING version
