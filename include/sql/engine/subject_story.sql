-- The executions of one workflow about one subject, the newest first; of the old application's history, those whose trigger
-- names the subject.
SELECT
    e.organization_id::text AS organization, e.id::text AS execution, e.workflow_id::text AS workflow,
    w.name AS workflow_name, e.workflow_version AS version, e.subject, coalesce(e.outcome, e.status) AS outcome,
    coalesce(e.reason, e.error) AS reason, e.triggered_by,
    CASE WHEN e.source_table IS NULL THEN coalesce(v.executor, 'atlas_enhanced') ELSE 'legacy_app' END AS executor, e.started_at,
    e.completed_at, q.waits_for, CASE WHEN NOT (q.ready OR q.leased) THEN q.due_at END AS due_at, b.error_class || ': ' || b.message AS fell_back
FROM atlas.workflow_executions AS e
LEFT JOIN atlas.workflows AS w ON w.id = e.workflow_id AND w.organization_id = e.organization_id
LEFT JOIN atlas.workflow_versions AS v ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version
LEFT JOIN atlas.fallbacks AS b ON b.organization_id = e.organization_id AND b.execution_id = e.id
LEFT JOIN atlas.workflow_execution_queue AS q ON q.organization_id = e.organization_id AND q.execution_id = e.id
WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s
    AND (
        e.subject = %(subject)s
        OR (e.source_table IS NOT NULL AND position(to_json(%(id)s::text)::text IN e.trigger_data::text) > 0)
    )
ORDER BY e.started_at DESC, e.id DESC
LIMIT %(limit)s
