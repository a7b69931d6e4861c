-- A new workflow of shape B.
INSERT INTO public.workflows (id, organization_id, name, description, status, workflow_data, trigger_type)
VALUES (
    %(id)s, %(organization_id)s, %(name)s, %(description)s, %(status)s,
    jsonb_build_object('nodes', %(nodes)s::jsonb, 'edges', %(edges)s::jsonb, 'variables', '[]'::jsonb), 'manual'
);
