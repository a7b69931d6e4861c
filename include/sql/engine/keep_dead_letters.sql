-- Keeps what failed executions need to go on from there; before the checkpoint removes their states.
INSERT INTO atlas.dead_letters (
    organization_id, execution_id, started_at, failed_at, workflow_id, workflow_version, subject, node_id, node_type,
    error_class, message, pattern, priority, recorded, begun, document, untold, starter_id, starter
)
SELECT
    s.organization_id, s.execution_id, s.started_at, d.failed_at, s.workflow_id, s.workflow_version, s.subject, d.node_id,
    d.node_type, d.error_class, d.message, d.pattern, q.priority, s.recorded + d.steps,
    CASE WHEN d.document IS NULL THEN s.begun ELSE true END, coalesce(d.document, s.document), d.untold, s.starter_id,
    s.starter
FROM json_to_recordset(%(letters)s) AS d (
    organization_id uuid, execution_id uuid, failed_at timestamptz, node_id text, node_type text, error_class text,
    message text, pattern text, steps integer, document json, untold json
)
INNER JOIN atlas.execution_states AS s
    ON s.organization_id = d.organization_id AND s.execution_id = d.execution_id
INNER JOIN atlas.workflow_execution_queue AS q
    ON q.organization_id = d.organization_id AND q.execution_id = d.execution_id
ON CONFLICT (organization_id, execution_id) DO NOTHING
