-- Shape D (file 0003): a linear list of actions, on or off in an enum, executions with a log.
CREATE TYPE public.workflow_status AS ENUM ('draft', 'active', 'paused', 'archived');

CREATE TABLE public.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name varchar(255) NOT NULL,
    description text,
    status public.workflow_status DEFAULT 'draft',
    trigger_type varchar(50) NOT NULL,
    trigger_config jsonb DEFAULT '{}'::jsonb,
    conditions jsonb DEFAULT '[]'::jsonb,
    actions jsonb DEFAULT '[]'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    trigger_data jsonb DEFAULT '{}'::jsonb,
    execution_log jsonb DEFAULT '[]'::jsonb,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    error text
);
