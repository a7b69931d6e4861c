-- Shape E (20250129 advanced): a list of actions, is_active, and the trigger's settings in trigger_conditions.
CREATE TABLE public.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    is_active boolean DEFAULT true,
    trigger_type text NOT NULL
    CHECK (trigger_type IN ('lead_created', 'message_received', 'appointment_booked', 'form_submitted', 'manual')),
    trigger_conditions jsonb DEFAULT '{}'::jsonb,
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
