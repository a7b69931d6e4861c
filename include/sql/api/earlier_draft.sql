-- A draft as it was at a revision, as JSON text.
SELECT d.definition::text
FROM atlas.draft_revisions AS d
WHERE d.organization_id = %(organization)s AND d.workflow_id = %(workflow)s AND d.revision = %(revision)s
