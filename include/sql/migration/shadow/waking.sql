-- Messages a day of triggers that did not fire in the old application and would start live workflows, per organization.
SELECT
    trigger.organization_id::text AS organization_id,
    count(*) AS triggers,
    sum((trigger.forecast #>> '{messages_a_day,0}')::numeric) AS low,
    sum((trigger.forecast #>> '{messages_a_day,1}')::numeric) AS high,
    count(*) FILTER (WHERE trigger.forecast IS NULL) AS uncountable
FROM atlas.trigger_evidence AS trigger
INNER JOIN atlas.workflows AS workflow ON trigger.workflow_id = workflow.id
WHERE trigger.evidence <> 'fires'
    AND trigger.trigger_type <> 'manual'
    AND 'active' IN (workflow.status, workflow.intended_status)
    AND (%(organizations)s::text [] IS NULL OR trigger.organization_id::text = ANY(%(organizations)s::text []))
GROUP BY trigger.organization_id
