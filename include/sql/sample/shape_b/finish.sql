-- Shape B: foreign keys and indexes.
ALTER TABLE public.workflow_templates ADD FOREIGN KEY (created_by) REFERENCES auth.users (id);
ALTER TABLE public.workflows ADD FOREIGN KEY (created_by) REFERENCES auth.users (id);
ALTER TABLE public.workflows ADD CONSTRAINT workflows_template_id_fkey
FOREIGN KEY (template_id) REFERENCES public.workflow_templates (id) NOT VALID;
ALTER TABLE public.workflow_versions ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_nodes ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_executions ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_triggers ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.webhook_triggers ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.schedule_triggers ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_queue ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_queue ADD FOREIGN KEY (execution_id)
REFERENCES public.workflow_executions (id) ON DELETE CASCADE;
ALTER TABLE public.workflow_analytics ADD FOREIGN KEY (workflow_id) REFERENCES public.workflows (id) ON DELETE CASCADE;

CREATE INDEX idx_workflows_organization_id ON public.workflows (organization_id);
CREATE INDEX idx_workflows_status ON public.workflows (status);
CREATE INDEX idx_workflow_executions_workflow_id ON public.workflow_executions (workflow_id);
CREATE INDEX idx_workflow_executions_status ON public.workflow_executions (status);
CREATE INDEX idx_workflow_queue_status ON public.workflow_queue (status, scheduled_at);
