-- Shape B: one policy per table, trusting the organization that users may write into their own token.
CREATE FUNCTION public.current_tenant() RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((auth.jwt() -> 'user_metadata' ->> 'organization_id')::uuid, auth.uid())
$$;

ALTER TABLE public.workflow_templates ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflows ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_nodes ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_executions ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_execution_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_triggers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.webhook_triggers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.schedule_triggers ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_code_snippets ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_variables ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_queue ENABLE ROW LEVEL SECURITY;
ALTER TABLE public.workflow_analytics ENABLE ROW LEVEL SECURITY;

CREATE POLICY "Tenant templates" ON public.workflow_templates
FOR ALL USING (organization_id = public.current_tenant() OR is_public);
CREATE POLICY "Tenant workflows" ON public.workflows FOR ALL USING (organization_id = public.current_tenant());
CREATE POLICY "Tenant versions" ON public.workflow_versions FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant nodes" ON public.workflow_nodes FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant executions" ON public.workflow_executions
FOR ALL USING (organization_id = public.current_tenant());
CREATE POLICY "Tenant steps" ON public.workflow_execution_steps FOR ALL
USING (execution_id IN (SELECT id FROM public.workflow_executions WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant triggers" ON public.workflow_triggers FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant webhooks" ON public.webhook_triggers FOR ALL USING (organization_id = public.current_tenant());
CREATE POLICY "Tenant schedules" ON public.schedule_triggers FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant and shared snippets" ON public.workflow_code_snippets
FOR ALL USING (organization_id = public.current_tenant() OR is_shared);
CREATE POLICY "Tenant variables" ON public.workflow_variables
FOR ALL USING (organization_id = public.current_tenant());
CREATE POLICY "Tenant queue" ON public.workflow_queue FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
CREATE POLICY "Tenant analytics" ON public.workflow_analytics FOR ALL
USING (workflow_id IN (SELECT id FROM public.workflows WHERE organization_id = public.current_tenant()));
