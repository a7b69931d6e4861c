-- Takes a batch's steps as one stream.
COPY atlas.workflow_execution_steps (
    execution_id, organization_id, started_at, position, node_id, node_type, status, input_data, output_data, error,
    retry_count, completed_at, execution_time_ms, reason, workflow_version, step_key, iteration, port, unresolved
) FROM STDIN
