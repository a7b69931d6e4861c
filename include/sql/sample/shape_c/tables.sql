-- Shape C (the second service): a linear list of actions, on or off in `active`, the tenant in org_id.
CREATE TABLE public.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    active boolean DEFAULT true,
    trigger_type text NOT NULL,
    trigger_config jsonb NOT NULL DEFAULT '{}'::jsonb,
    conditions jsonb DEFAULT '[]'::jsonb,
    actions jsonb DEFAULT '[]'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    org_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    trigger_data jsonb DEFAULT '{}'::jsonb,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    error text
);
