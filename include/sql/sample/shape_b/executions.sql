-- Shape B: executions, their steps, the queue and the daily analytics.
CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
    trigger_data jsonb,
    context jsonb DEFAULT '{}'::jsonb,
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    error text,
    execution_time_ms integer,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_queue (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    execution_id uuid,
    priority integer DEFAULT 0,
    data jsonb NOT NULL,
    status text DEFAULT 'waiting' CHECK (status IN ('waiting', 'active', 'completed', 'failed', 'delayed')),
    attempts integer DEFAULT 0,
    max_attempts integer DEFAULT 3,
    scheduled_at timestamptz
);

CREATE TABLE public.workflow_analytics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    date date NOT NULL,
    executions_count integer DEFAULT 0,
    success_count integer DEFAULT 0,
    failure_count integer DEFAULT 0,
    avg_execution_time_ms integer,
    total_execution_time_ms bigint DEFAULT 0,
    unique_triggers integer DEFAULT 0,
    UNIQUE (workflow_id, date)
);
