-- Shape A: the executions' reference to an organization, which the patch made for the builder's own table.
ALTER TABLE public.workflow_executions ADD CONSTRAINT workflow_executions_organization_id_fkey
FOREIGN KEY (organization_id) REFERENCES public.organizations (id) ON DELETE CASCADE;
