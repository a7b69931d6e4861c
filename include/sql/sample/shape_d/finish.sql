-- Shape D: foreign key, indexes and row-level security, as far as its own file has them.
ALTER TABLE public.workflow_executions ADD FOREIGN KEY (workflow_id)
REFERENCES public.workflows (id) ON DELETE CASCADE;
CREATE INDEX idx_workflows_tenant ON public.workflows (organization_id);
CREATE INDEX idx_workflow_executions_workflow_id ON public.workflow_executions (workflow_id);
ALTER TABLE public.workflows ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_executions ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Members see their workflows" ON public.workflows FOR ALL
USING (organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid()));
CREATE POLICY "Members see their executions" ON public.workflow_executions FOR ALL
USING (organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid()));
