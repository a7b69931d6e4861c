-- Definitions of workflows as JSON text: all, those of one organization, or those named.
SELECT workflow.id::text, workflow.definition::text
FROM atlas.workflows AS workflow
WHERE (%(organization_id)s::uuid IS NULL OR workflow.organization_id = %(organization_id)s::uuid)
    AND (%(workflow_ids)s::uuid [] IS NULL OR workflow.id = ANY(%(workflow_ids)s::uuid []))
ORDER BY workflow.id
