-- Leads as the multi-tenant files keep them (enum status, score, phone_number).
CREATE TYPE public.lead_status AS ENUM ('new', 'contacted', 'qualified', 'converted', 'lost');

CREATE TABLE public.leads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    first_name text,
    last_name text,
    email text,
    phone_number text,
    source text,
    status public.lead_status DEFAULT 'new',
    score integer DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    ai_insights jsonb DEFAULT '{}'::jsonb,
    utm_data jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE INDEX leads_organization_id_idx ON public.leads (organization_id);
