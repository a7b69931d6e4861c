-- The "workflow-system" file: counters on workflows, the statistics trigger and its policies.
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS total_executions integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS successful_executions integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS failed_executions integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN IF NOT EXISTS last_run_at timestamptz;

CREATE FUNCTION public.update_workflow_stats() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status IN ('completed', 'failed') AND OLD.status = 'running' THEN
        UPDATE public.workflows SET
            total_executions = total_executions + 1,
            successful_executions = successful_executions + (NEW.status = 'completed')::int,
            failed_executions = failed_executions + (NEW.status = 'failed')::int,
            last_run_at = NEW.completed_at
        WHERE id = NEW.workflow_id;
    END IF;
    RETURN NEW;
END;
$$;

CREATE TRIGGER update_workflow_stats_trigger AFTER UPDATE ON public.workflow_executions
FOR EACH ROW EXECUTE FUNCTION public.update_workflow_stats();

CREATE POLICY "Users can view executions through auth_users" ON public.workflow_executions FOR SELECT
USING (organization_id IN (SELECT organization_id FROM public.auth_users WHERE auth_id = auth.uid()));
CREATE POLICY "System can insert executions" ON public.workflow_executions FOR INSERT WITH CHECK (true);
CREATE POLICY "System can update executions" ON public.workflow_executions FOR UPDATE USING (true);
