-- Shape A: what the organization patch added beside the columns. Update has no WITH CHECK, as in the source.
ALTER TABLE public.workflows ADD CONSTRAINT workflows_organization_id_fkey
FOREIGN KEY (organization_id) REFERENCES public.organizations (id) ON DELETE CASCADE;

CREATE INDEX idx_workflows_organization_id ON public.workflows (organization_id);
CREATE INDEX idx_workflow_executions_organization_id ON public.workflow_executions (organization_id);

CREATE POLICY "Users can view workflows of their organization" ON public.workflows FOR SELECT
USING (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
CREATE POLICY "Users can create workflows in their organization" ON public.workflows FOR INSERT
WITH CHECK (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
CREATE POLICY "Users can update workflows of their organization" ON public.workflows FOR UPDATE
USING (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
CREATE POLICY "Users can delete workflows of their organization" ON public.workflows FOR DELETE
USING (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
CREATE POLICY "Users can view executions of their organization" ON public.workflow_executions FOR SELECT
USING (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
CREATE POLICY "Users can create executions in their organization" ON public.workflow_executions FOR INSERT
WITH CHECK (
    organization_id IN (SELECT organization_id FROM public.user_organizations WHERE user_id = auth.uid() AND is_active)
);
