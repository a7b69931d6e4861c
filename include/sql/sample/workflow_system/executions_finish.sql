-- The "workflow-system" executions: their foreign key to the organization (the one to workflows is the builder's).
ALTER TABLE public.workflow_executions ADD CONSTRAINT workflow_executions_organization_id_fkey
FOREIGN KEY (organization_id) REFERENCES public.organizations (id) ON DELETE CASCADE;
