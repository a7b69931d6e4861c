-- What executions did, in their order, as v1 shows it.
SELECT
    s.execution_id::text AS execution, s.node_id, s.node_type, s.status, s.started_at, s.execution_time_ms,
    s.output_data::text AS output_data, s.error
FROM atlas.workflow_execution_steps AS s
WHERE s.organization_id = %(organization)s AND s.execution_id = ANY(%(executions)s::uuid[])
ORDER BY s.execution_id, s.position, s.started_at
LIMIT 10001
