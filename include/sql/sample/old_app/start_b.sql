-- An execution of shape B begins.
INSERT INTO public.workflow_executions (id, workflow_id, organization_id, status, trigger_data)
VALUES (%(id)s, %(workflow_id)s, %(organization_id)s, 'running', %(trigger_data)s);
