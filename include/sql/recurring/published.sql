-- Schedule triggers of active workflows that we execute, as the published version has them; of some workflows where they are given.
SELECT
    l.organization_id::text AS organization, l.workflow_id::text AS workflow, w.name, l.workflow_version AS version,
    l.trigger_key AS trigger, v.created_at AS published_at,
    greatest(v.created_at, o.decided_at, o.fenced_at, a.resumed_at) AS active_since,
    (t.found -> 'parameters' -> 'schedule')::text AS schedule,
    t.found -> 'parameters' ->> 'audience' AS audience,
    w.source_table IS NULL OR a.is_published_here AS is_published_here
FROM atlas.listening_triggers AS l
INNER JOIN atlas.workflows AS w ON w.organization_id = l.organization_id AND w.id = l.workflow_id
INNER JOIN atlas.workflow_versions AS v
    ON v.organization_id = l.organization_id AND v.workflow_id = l.workflow_id AND v.version = l.workflow_version
CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'triggers') AS t (found)
LEFT JOIN atlas.execution_owners AS o
    ON o.organization_id = l.organization_id AND o.workflow_id = l.workflow_id AND o.trigger_key = ''
LEFT JOIN LATERAL (
    -- A cutover publishes what was translated; a person who publishes it again has looked at it.
    SELECT
        max(e.at) FILTER (WHERE e.action = 'resume_workflow') AS resumed_at,
        count(*) FILTER (WHERE e.action = 'publish_version_' || l.workflow_version) > 0 AS is_published_here
    FROM atlas.audit_log AS e
    WHERE e.subject_table = 'workflows' AND e.subject_id = l.workflow_id::text
) AS a ON true
WHERE l.event_type = 'schedule' AND t.found ->> 'type' = 'schedule' AND t.found ->> 'id' = l.trigger_key
    AND (%(workflows)s::uuid[] IS NULL OR l.workflow_id = ANY(%(workflows)s))
    AND atlas.execution_owner(l.workflow_id, l.trigger_key) = 'atlas_enhanced'
ORDER BY l.organization_id, l.workflow_id, l.trigger_key
