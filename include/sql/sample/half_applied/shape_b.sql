-- What the earlier enhanced files leave on shape B: same-named tables were silently skipped, the columns of
-- workflows landed, and tables under new names were made, empty.
ALTER TABLE public.workflows ADD COLUMN category text DEFAULT 'custom';
ALTER TABLE public.workflows ADD COLUMN is_template boolean DEFAULT false;
ALTER TABLE public.workflows ADD COLUMN template_name text;
ALTER TABLE public.workflows ADD COLUMN usage_count integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN avg_execution_time_ms integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN error_rate numeric(5, 4) DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN performance_score integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN tags text[] DEFAULT '{}';
ALTER TABLE public.workflows ADD COLUMN is_public boolean DEFAULT false;
ALTER TABLE public.workflows ADD COLUMN updated_by uuid;

CREATE TABLE public.workflow_webhooks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid REFERENCES public.workflows (id) ON DELETE CASCADE,
    name text NOT NULL,
    endpoint_id text NOT NULL UNIQUE,
    secret_key text NOT NULL,
    is_active boolean DEFAULT true
);

CREATE TABLE public.workflow_execution_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id uuid NOT NULL REFERENCES public.workflow_executions (id) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    log_level text NOT NULL CHECK (log_level IN ('debug', 'info', 'warn', 'error')),
    message text NOT NULL,
    logged_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_rate_limits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid REFERENCES public.workflows (id) ON DELETE CASCADE,
    limit_type text NOT NULL,
    limit_value integer NOT NULL CHECK (limit_value > 0),
    is_active boolean DEFAULT true
);
