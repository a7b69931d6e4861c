-- Shape B: one row per step of an execution.
CREATE TABLE public.workflow_execution_steps (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    execution_id uuid NOT NULL,
    node_id text NOT NULL,
    node_type text NOT NULL,
    action_type text,
    status text NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
    input_data jsonb,
    output_data jsonb,
    error text,
    started_at timestamptz,
    completed_at timestamptz,
    execution_time_ms integer,
    created_at timestamptz DEFAULT now()
);
