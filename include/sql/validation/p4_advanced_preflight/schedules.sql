-- Schedules of workflows that came from the old application, with what keeps them from beginning here.
SELECT
    w.id::text AS workflow_id,
    t.trigger_key,
    w.organization_id::text AS organization_id,
    CASE WHEN atlas.execution_owner(w.id, t.trigger_key) = 'atlas_enhanced' THEN 'yes' ELSE 'no' END AS is_executed_here,
    CASE WHEN w.awaiting_sign_off THEN 'no' ELSE 'yes' END AS is_signed,
    CASE WHEN t.schedule IS NULL THEN 'no' ELSE 'yes' END AS can_be_read
FROM atlas.workflows AS w
INNER JOIN atlas.workflow_triggers AS t
    ON w.organization_id = t.organization_id AND w.id = t.workflow_id AND t.trigger_type = 'schedule'
WHERE
    w.source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
