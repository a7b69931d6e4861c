-- One workflow of shape A as the builder opens it.
SELECT id::text, status, name, description, nodes, edges, variables, settings, NULL AS organization_id
FROM public.workflows WHERE id = %(id)s;
