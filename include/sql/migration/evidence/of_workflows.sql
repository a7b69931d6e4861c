-- The evidence of the triggers of workflows, with the counts behind it: all, those of organizations, or one workflow's.
SELECT
    trigger.source_id, trigger.trigger_key, trigger.trigger_type, trigger.evidence, trigger.rule,
    trigger.forecast::text, known.last_started_at, known.subjects_recently, known.started_recently, known.executions,
    known.by_hand, known.events_low, known.events_high
FROM atlas.trigger_evidence AS trigger
LEFT JOIN atlas.workflow_evidence AS known ON known.legacy_id = trigger.source_id
WHERE (%(organizations)s::text [] IS NULL OR trigger.organization_id::text = ANY(%(organizations)s::text []))
    AND (%(workflow_id)s::uuid IS NULL OR trigger.workflow_id = %(workflow_id)s::uuid)
ORDER BY trigger.source_id, trigger.trigger_key
