-- The check of status as shape B has it, over rows that are older than the check.
ALTER TABLE public.workflows ADD CONSTRAINT workflows_status_check
CHECK (status IN ('draft', 'active', 'paused', 'archived')) NOT VALID;
