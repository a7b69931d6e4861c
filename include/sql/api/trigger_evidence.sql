-- What was found about the triggers of a migrated workflow, with the forecast that was made of it as JSON text.
SELECT t.trigger_key AS trigger, t.evidence, t.rule, t.forecast::text AS forecast
FROM atlas.trigger_evidence AS t
WHERE t.organization_id = %(organization)s AND t.workflow_id = %(workflow)s
ORDER BY t.trigger_key
