-- The workflows that the application would let run: its own on/off column says so.
SELECT id::text FROM public.workflows WHERE status = 'active' ORDER BY id;
