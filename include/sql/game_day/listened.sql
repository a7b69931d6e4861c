-- Which events the workflows of organizations listen for here, with the parameters of the trigger.
SELECT DISTINCT
    l.organization_id::text AS organization, l.workflow_id::text AS workflow, l.trigger_key AS trigger, l.event_type,
    coalesce(t.found -> 'parameters', '{}') AS parameters
FROM atlas.listening_triggers AS l
INNER JOIN atlas.workflow_versions AS v
    ON l.organization_id = v.organization_id AND l.workflow_id = v.workflow_id AND l.workflow_version = v.version
CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'triggers') AS t (found)
WHERE t.found ->> 'id' = l.trigger_key AND (%(organizations)s::uuid [] IS NULL OR l.organization_id = ANY(%(organizations)s))
ORDER BY organization, event_type, workflow, trigger
