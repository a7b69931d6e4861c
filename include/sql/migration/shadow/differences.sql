-- Differences of workflows: all, those of organizations, or of one workflow.
SELECT
    difference.workflow_id::text AS workflow_id,
    difference.change,
    difference.node_id,
    difference.field,
    difference.codes,
    difference.times,
    difference.before,
    difference.after,
    difference.example
FROM atlas.shadow_differences AS difference
WHERE (%(organizations)s::text [] IS NULL OR difference.organization_id::text = ANY(%(organizations)s::text []))
    AND (%(workflow_id)s::text IS NULL OR difference.workflow_id::text = %(workflow_id)s::text)
ORDER BY difference.organization_id, difference.workflow_id, difference.position
