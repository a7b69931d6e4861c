-- One failed execution's letter, locked. Whoever pauses or archives its workflow comes before or behind a replay, never in
-- between.
SELECT
    d.execution_id::text, d.workflow_id::text, d.workflow_version, d.subject, d.node_id, d.node_type, d.error_class,
    d.message, d.failed_at, d.started_at, d.begun, d.document::text AS document, d.untold::text AS untold,
    l.status AS workflow_status, l.owner, l.published_version, coalesce(v.executor, 'atlas_enhanced') AS executor
FROM atlas.dead_letters AS d
CROSS JOIN LATERAL (
    SELECT w.status, w.owner, w.published_version
    FROM atlas.workflows AS w
    WHERE w.id = d.workflow_id AND w.organization_id = d.organization_id
    FOR SHARE
) AS l
LEFT JOIN atlas.workflow_versions AS v ON v.workflow_id = d.workflow_id AND v.version = d.workflow_version
WHERE d.organization_id = %(organization)s AND d.execution_id = %(execution)s
FOR UPDATE OF d
