-- What the earlier enhanced files leave on shape A: the ALTER of workflows is lost with its first statement
-- (a reference to a table that does not exist yet), the tables that need nothing else are made, and two columns
-- come from a second attempt.
CREATE TABLE public.workflow_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid,
    name text NOT NULL,
    description text,
    category text NOT NULL DEFAULT 'custom',
    workflow_data jsonb NOT NULL DEFAULT '{"nodes": [], "edges": [], "variables": []}'::jsonb,
    default_settings jsonb DEFAULT '{}'::jsonb,
    required_variables jsonb DEFAULT '[]'::jsonb,
    is_public boolean DEFAULT false,
    is_featured boolean DEFAULT false,
    usage_count integer DEFAULT 0,
    tags text[] DEFAULT '{}',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

-- Without a key to conflict on, every run of the data migration adds the same three again; it ran twice.
INSERT INTO public.workflow_templates (id, name, category, is_public, created_at, updated_at)
SELECT md5(n.name || r.run)::uuid, n.name, 'custom', true, '2026-02-01 10:00+00', '2026-02-01 10:00+00'
FROM (VALUES ('Lead Nurture'), ('Booking Reminder'), ('Win Back')) AS n (name)
CROSS JOIN (VALUES ('1'), ('2')) AS r (run);

CREATE TABLE public.workflow_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL REFERENCES public.workflows (id) ON DELETE CASCADE,
    trigger_type text NOT NULL,
    trigger_name text NOT NULL,
    trigger_config jsonb DEFAULT '{}'::jsonb,
    is_active boolean DEFAULT true,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_execution_queue (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL REFERENCES public.workflows (id) ON DELETE CASCADE,
    priority integer DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    status text NOT NULL DEFAULT 'queued',
    trigger_data jsonb DEFAULT '{}'::jsonb,
    scheduled_at timestamptz DEFAULT now()
);

ALTER TABLE public.workflows ADD COLUMN category text DEFAULT 'custom';
ALTER TABLE public.workflows ADD COLUMN is_template boolean DEFAULT false;
ALTER TABLE public.workflows ADD COLUMN error_rate numeric(5, 4) DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN performance_score integer DEFAULT 0;
ALTER TABLE public.workflows ADD COLUMN version integer DEFAULT 1;
