-- Shape A: foreign key, indexes, the touch of updated_at and the first policies (which let every tenant see all).
ALTER TABLE public.workflow_executions ADD CONSTRAINT workflow_executions_workflow_id_fkey
FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;

CREATE INDEX idx_workflows_status ON public.workflows (status);
CREATE INDEX idx_workflows_created_at ON public.workflows (created_at DESC);
CREATE INDEX idx_workflow_executions_workflow_id ON public.workflow_executions (workflow_id);
CREATE INDEX idx_workflow_executions_started_at ON public.workflow_executions (started_at DESC);

CREATE FUNCTION public.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at = now();
    RETURN NEW;
END;
$$;

CREATE TRIGGER update_workflows_updated_at BEFORE UPDATE ON public.workflows
FOR EACH ROW EXECUTE FUNCTION public.update_updated_at_column();

ALTER TABLE public.workflows ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_executions ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Allow authenticated users full access" ON public.workflows
FOR ALL USING (auth.role() = 'authenticated') WITH CHECK (auth.role() = 'authenticated');
CREATE POLICY "Allow anonymous read of active workflows" ON public.workflows
FOR SELECT USING (status = 'active');
CREATE POLICY "Allow authenticated users full access" ON public.workflow_executions
FOR ALL USING (auth.role() = 'authenticated') WITH CHECK (auth.role() = 'authenticated');
