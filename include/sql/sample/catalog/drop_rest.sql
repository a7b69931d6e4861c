-- Removes what is left of a sample once its tables are gone: functions, types and the identity schema.
DROP FUNCTION IF EXISTS public.update_updated_at_column() CASCADE;
DROP FUNCTION IF EXISTS public.update_workflow_stats() CASCADE;
DROP FUNCTION IF EXISTS public.increment_workflow_version() CASCADE;
DROP FUNCTION IF EXISTS public.update_workflow_analytics() CASCADE;
DROP FUNCTION IF EXISTS public.current_tenant() CASCADE;
DROP TYPE IF EXISTS public.lead_status CASCADE;
DROP TYPE IF EXISTS public.workflow_status CASCADE;
DROP FUNCTION IF EXISTS auth.uid() CASCADE;
DROP FUNCTION IF EXISTS auth.role() CASCADE;
DROP FUNCTION IF EXISTS auth.jwt() CASCADE;
DROP SCHEMA IF EXISTS auth;
