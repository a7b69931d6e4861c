-- Leads as the first application keeps them (one name, free status), organization added later.
CREATE TABLE public.leads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    source text DEFAULT 'manual',
    status text DEFAULT 'new',
    form_name text,
    campaign_name text,
    facebook_lead_id text,
    page_id text,
    form_id text,
    field_data jsonb DEFAULT '{}'::jsonb,
    user_id uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    organization_id uuid
);

CREATE INDEX leads_organization_id_idx ON public.leads (organization_id);
