-- Verdicts as people see them: of all workflows, of those of organizations, or of one; unexplained differences first.
SELECT
    shadowed.organization_id::text AS organization_id,
    shadowed.workflow_id::text AS workflow_id,
    shadowed.legacy_id,
    workflow.name,
    coalesce('active' IN (workflow.status, workflow.intended_status), false) AS is_live,
    shadowed.compared_at,
    shadowed.engine,
    shadowed.standing,
    shadowed.executions,
    shadowed.recorded,
    shadowed.reproduced,
    shadowed.assumed,
    shadowed.causes::text AS causes,
    shadowed.subjects,
    shadowed.triggers,
    shadowed.is_made_up,
    shadowed.same,
    shadowed.explained,
    shadowed.unexplained,
    shadowed.messages_before,
    shadowed.messages_after
FROM atlas.shadow_workflows AS shadowed
INNER JOIN atlas.workflows AS workflow ON shadowed.workflow_id = workflow.id
WHERE (%(organizations)s::text [] IS NULL OR shadowed.organization_id::text = ANY(%(organizations)s::text []))
    AND (%(workflow_id)s::text IS NULL OR shadowed.workflow_id::text = %(workflow_id)s::text)
ORDER BY shadowed.unexplained DESC, shadowed.organization_id, workflow.name, shadowed.workflow_id
