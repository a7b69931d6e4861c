-- Leads as the second service keeps them (org_id, checked status, score, tags as text[]).
CREATE TABLE public.leads (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL,
    first_name text,
    last_name text,
    email text,
    phone text,
    source text,
    status text DEFAULT 'new' CHECK (status IN ('new', 'contacted', 'qualified', 'converted', 'lost')),
    score integer DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    tags text[] DEFAULT '{}',
    assigned_to uuid,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE INDEX leads_org_id_idx ON public.leads (org_id);
