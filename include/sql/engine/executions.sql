-- Executions of an organization, the newest first, behind a place given; what belongs to them is looked up for the page only, so that
-- the planner does not weigh every partition against every join.
WITH found AS MATERIALIZED (
    SELECT
        e.organization_id, e.id, e.workflow_id, e.workflow_version, e.subject, e.outcome, e.status, e.reason, e.error,
        e.triggered_by, e.source_table, e.started_at, e.completed_at
    FROM atlas.workflow_executions AS e
    WHERE e.organization_id = %(organization)s
        AND (%(workflow)s::uuid IS NULL OR e.workflow_id = %(workflow)s::uuid)
        AND (%(subject)s::text IS NULL OR e.subject = %(subject)s::text)
        AND (%(outcome)s::text IS NULL OR coalesce(e.outcome, e.status) = %(outcome)s::text)
        AND (%(since)s::timestamptz IS NULL OR e.started_at >= %(since)s::timestamptz)
        -- The first of these two leaves newer partitions out; the row comparison alone does not.
        AND (%(before_at)s::timestamptz IS NULL OR e.started_at <= %(before_at)s::timestamptz)
        AND (
            %(before_at)s::timestamptz IS NULL
            OR (e.started_at, e.id) < (%(before_at)s::timestamptz, %(before_id)s::uuid)
        )
        AND (%(execution)s::uuid IS NULL OR e.id = %(execution)s::uuid)
    ORDER BY e.started_at DESC, e.id DESC
    LIMIT %(limit)s
)
SELECT
    e.organization_id::text AS organization, e.id::text AS execution, e.workflow_id::text AS workflow,
    w.name AS workflow_name, e.workflow_version AS version, e.subject, coalesce(e.outcome, e.status) AS outcome,
    coalesce(e.reason, e.error) AS reason, e.triggered_by,
    CASE WHEN e.source_table IS NULL THEN coalesce(v.executor, 'atlas_enhanced') ELSE 'legacy_app' END AS executor, e.started_at, e.completed_at, q.waits_for,
    CASE WHEN NOT (q.ready OR q.leased) THEN q.due_at END AS due_at, b.error_class || ': ' || b.message AS fell_back
FROM found AS e
LEFT JOIN atlas.workflows AS w ON w.id = e.workflow_id AND w.organization_id = e.organization_id
LEFT JOIN atlas.workflow_versions AS v ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version
LEFT JOIN atlas.fallbacks AS b ON b.organization_id = e.organization_id AND b.execution_id = e.id
LEFT JOIN atlas.workflow_execution_queue AS q ON q.organization_id = e.organization_id AND q.execution_id = e.id
ORDER BY e.started_at DESC, e.id DESC
