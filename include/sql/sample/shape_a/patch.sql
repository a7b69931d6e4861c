-- Shape A: the later patch that gave workflows an organization.
ALTER TABLE public.workflows ADD COLUMN organization_id uuid;
