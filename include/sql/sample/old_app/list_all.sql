-- Every workflow, as the list page shows them.
SELECT id::text FROM public.workflows ORDER BY id;
