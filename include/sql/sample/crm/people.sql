-- Clients (tags as jsonb) and contacts (telephone unique over all organizations, opt-in columns).
CREATE TABLE public.clients (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid,
    name text NOT NULL,
    email text NOT NULL,
    phone text,
    status text DEFAULT 'active' CHECK (status IN ('active', 'inactive', 'archived')),
    tags jsonb DEFAULT '[]'::jsonb,
    user_id uuid UNIQUE,
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.contacts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    phone varchar(50) NOT NULL UNIQUE,
    email text,
    first_name text,
    last_name text,
    lead_id uuid,
    client_id uuid,
    sms_opt_in boolean DEFAULT true,
    whatsapp_opt_in boolean DEFAULT true,
    email_opt_in boolean DEFAULT true,
    unsubscribed_at timestamptz,
    tags text[] DEFAULT '{}',
    metadata jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    organization_id uuid
);
