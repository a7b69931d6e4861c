-- Who executes the workflows of organizations: how many per organization and owner, and how many wait for the drain.
SELECT
    w.organization_id::text AS organization,
    w.owner,
    count(*) AS workflows,
    count(*) FILTER (WHERE w.status = 'active') AS live,
    count(*) FILTER (WHERE o.fenced_at IS NOT NULL AND o.drained_at IS NULL) AS draining
FROM atlas.workflows AS w
LEFT JOIN atlas.execution_owners AS o
    ON w.organization_id = o.organization_id AND w.id = o.workflow_id AND o.trigger_key = ''
GROUP BY w.organization_id, w.owner
ORDER BY w.organization_id, w.owner
