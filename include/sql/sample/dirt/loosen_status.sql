-- Lets the rows in that an earlier time wrote, before the check of status existed.
ALTER TABLE public.workflows DROP CONSTRAINT workflows_status_check;
