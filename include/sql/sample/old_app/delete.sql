-- Deletes a workflow; its executions go with it.
DELETE FROM public.workflows WHERE id = %(id)s;
