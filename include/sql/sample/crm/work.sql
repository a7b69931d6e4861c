-- Tasks, tags with their junctions, message templates and send logs that workflow actions write.
CREATE TABLE public.tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid,
    assigned_to uuid,
    type text DEFAULT 'manual',
    priority text DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high')),
    title text NOT NULL,
    description text,
    due_date timestamptz,
    status text DEFAULT 'pending' CHECK (status IN ('pending', 'in_progress', 'completed', 'cancelled')),
    ai_generated boolean DEFAULT false,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.tags (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    color text DEFAULT '#3B82F6',
    description text,
    type text DEFAULT 'general' CHECK (type IN ('lead', 'customer', 'general')),
    usage_count integer DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    UNIQUE (organization_id, name)
);

CREATE TABLE public.lead_tags (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    tag_id uuid NOT NULL REFERENCES public.tags (id) ON DELETE CASCADE,
    created_at timestamptz DEFAULT now(),
    UNIQUE (lead_id, tag_id)
);

CREATE TABLE public.contact_tags (
    contact_id uuid NOT NULL REFERENCES public.contacts (id) ON DELETE CASCADE,
    tag_id uuid NOT NULL REFERENCES public.tags (id) ON DELETE CASCADE,
    PRIMARY KEY (contact_id, tag_id)
);

CREATE TABLE public.message_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    channel text NOT NULL,
    subject text,
    body text NOT NULL,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.email_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id text,
    "to" text,
    subject text,
    status text,
    error text,
    workflow_execution_id uuid,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.sms_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id text,
    "to" text,
    message text,
    status text,
    error text,
    workflow_execution_id uuid,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.whatsapp_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    message_id text,
    "to" text,
    message text,
    status text,
    error text,
    has_media boolean DEFAULT false,
    workflow_execution_id uuid,
    created_at timestamptz DEFAULT now()
);
