-- A new workflow of shape A, after the organization patch.
INSERT INTO public.workflows
(id, name, description, status, nodes, edges, variables, trigger_type, organization_id)
VALUES (
    %(id)s, %(name)s, %(description)s, %(status)s, %(nodes)s, %(edges)s, '[]', NULL, %(organization_id)s
);
