-- The organizations in whose name something can be created.
SELECT id::text FROM public.organizations ORDER BY id;
