-- Shape A: the later patch that gave executions an organization.
ALTER TABLE public.workflow_executions ADD COLUMN organization_id uuid;
