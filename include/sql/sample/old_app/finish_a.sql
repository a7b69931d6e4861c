-- An execution of shape A ends.
UPDATE public.workflow_executions SET
    status = %(status)s, completed_at = clock_timestamp(), error_message = %(error)s, execution_steps = %(steps)s
WHERE id = %(id)s;
