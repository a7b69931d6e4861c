-- A step of an execution of shape B.
INSERT INTO public.workflow_execution_steps
(id, execution_id, node_id, node_type, action_type, status, input_data, output_data, started_at, completed_at)
VALUES (
    %(id)s, %(execution_id)s, %(node_id)s, %(node_type)s, %(action_type)s, %(status)s, '{}', '{"ok": true}',
    clock_timestamp(), clock_timestamp()
);
