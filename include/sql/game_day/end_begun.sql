-- Ends executions that the old application had begun, on a copy where it cannot.
UPDATE public.workflow_executions
SET completed_at = now()
WHERE completed_at IS NULL AND status::text = any(%(begun)s)
