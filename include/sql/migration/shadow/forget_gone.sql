-- Remove verdicts on workflows that are not there any more.
DELETE FROM atlas.shadow_workflows AS shadowed
WHERE NOT EXISTS (SELECT FROM atlas.workflows AS workflow WHERE workflow.id = shadowed.workflow_id)
