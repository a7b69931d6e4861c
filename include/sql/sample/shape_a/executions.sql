-- Shape A: the builder's executions, steps as one array per execution.
CREATE TABLE public.workflow_executions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid,
    status text CHECK (status IN ('running', 'completed', 'failed', 'cancelled')),
    started_at timestamptz DEFAULT now(),
    completed_at timestamptz,
    input_data jsonb DEFAULT '{}'::jsonb,
    output_data jsonb DEFAULT '{}'::jsonb,
    error_message text,
    execution_steps jsonb DEFAULT '[]'::jsonb,
    triggered_by text,
    trigger_data jsonb DEFAULT '{}'::jsonb
);
