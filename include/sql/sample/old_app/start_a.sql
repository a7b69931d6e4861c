-- An execution of shape A begins.
INSERT INTO public.workflow_executions (id, workflow_id, status, triggered_by, trigger_data, input_data)
VALUES (%(id)s, %(workflow_id)s, 'running', 'api', %(trigger_data)s, %(trigger_data)s);
