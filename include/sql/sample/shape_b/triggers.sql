-- Shape B: registered triggers, webhooks (secret in clear, as in the source) and schedules.
CREATE TABLE public.workflow_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    trigger_type text NOT NULL,
    trigger_config jsonb NOT NULL,
    is_active boolean DEFAULT true,
    last_triggered_at timestamptz,
    created_at timestamptz DEFAULT now(),
    UNIQUE (workflow_id, trigger_type)
);

CREATE TABLE public.webhook_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid,
    name text NOT NULL,
    endpoint_id text NOT NULL UNIQUE,
    secret text NOT NULL,
    is_active boolean DEFAULT true,
    request_count integer DEFAULT 0,
    last_triggered_at timestamptz
);

CREATE TABLE public.schedule_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    schedule_type text NOT NULL CHECK (schedule_type IN ('once', 'recurring', 'cron')),
    schedule_config jsonb NOT NULL,
    timezone text DEFAULT 'America/New_York',
    next_run_at timestamptz,
    last_run_at timestamptz,
    is_active boolean DEFAULT true
);
