-- The published definition of a workflow as JSON text.
SELECT v.definition::text
FROM atlas.workflows AS w
INNER JOIN atlas.workflow_versions AS v
    ON v.workflow_id = w.id AND v.organization_id = w.organization_id AND v.version = w.published_version
WHERE w.organization_id = %(organization)s AND w.id::text = %(workflow)s
