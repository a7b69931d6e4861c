-- What an execution did, step by step.
SELECT
    s.position, s.node_id AS node, s.node_type AS type, s.iteration, s.retry_count + 1 AS attempt, s.status,
    s.started_at, s.completed_at AS finished_at, s.step_key AS key, s.input_data::text AS input,
    s.output_data::text AS output, s.error, s.port, s.reason AS note, s.unresolved
FROM atlas.workflow_execution_steps AS s
WHERE s.organization_id = %(organization)s AND s.execution_id = %(execution)s
ORDER BY s.position, s.started_at
