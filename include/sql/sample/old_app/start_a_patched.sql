-- An execution of shape A begins, after the organization patch (or the workflow-system file).
INSERT INTO public.workflow_executions
(id, workflow_id, organization_id, status, triggered_by, trigger_data, input_data)
VALUES (
    %(id)s, %(workflow_id)s, %(organization_id)s, 'running', 'api', %(trigger_data)s, %(trigger_data)s
);
