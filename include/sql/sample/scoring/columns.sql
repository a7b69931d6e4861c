-- The columns that the scoring code reads over whichever workflows table is there.
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS is_active boolean;
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS actions jsonb;
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS trigger_config jsonb;
