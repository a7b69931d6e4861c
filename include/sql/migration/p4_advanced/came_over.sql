-- Workflows that the old application fired by the clock, and that were taken over since their organization let its schedules fire.
SELECT DISTINCT w.id::text
FROM unnest(%(organizations)s::uuid [], %(since)s::timestamptz []) AS let (organization_id, since)
INNER JOIN atlas.workflows AS w ON w.organization_id = let.organization_id AND w.owner = 'atlas_enhanced'
INNER JOIN atlas.execution_owners AS o
    ON o.organization_id = w.organization_id AND o.workflow_id = w.id AND o.trigger_key = '' AND o.decided_at >= let.since
INNER JOIN atlas.trigger_evidence AS e ON e.workflow_id = w.id
WHERE w.source_table = 'workflows' AND e.trigger_type = 'schedule' AND e.evidence = 'fires'
ORDER BY 1
