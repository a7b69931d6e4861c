-- A new workflow of shape A.
INSERT INTO public.workflows (id, name, description, status, nodes, edges, variables, trigger_type)
VALUES (%(id)s, %(name)s, %(description)s, %(status)s, %(nodes)s, %(edges)s, '[]', NULL);
