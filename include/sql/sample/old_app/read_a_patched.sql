-- One workflow of shape A as the builder opens it, after the organization patch.
SELECT id::text, status, name, description, nodes, edges, variables, settings, organization_id::text
FROM public.workflows WHERE id = %(id)s;
