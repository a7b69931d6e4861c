-- Shape F (coach platform): a list of actions, is_active, a creator and a counter.
CREATE TABLE public.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    is_active boolean DEFAULT true,
    trigger_type text NOT NULL CHECK (trigger_type IN ('webhook', 'schedule', 'event')),
    trigger_config jsonb DEFAULT '{}'::jsonb,
    actions jsonb NOT NULL,
    created_by uuid NOT NULL,
    execution_count integer DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    trigger_data jsonb DEFAULT '{}'::jsonb,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    error text
);
