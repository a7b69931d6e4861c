-- The organizations of the old application with the columns that its later files added, and its users.
CREATE TABLE public.organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL,
    slug text UNIQUE CHECK (slug ~ '^[a-z0-9-]+$'),
    subdomain text UNIQUE,
    plan text DEFAULT 'starter' CHECK (plan IN ('starter', 'pro', 'enterprise')),
    status text DEFAULT 'active',
    settings jsonb DEFAULT '{}'::jsonb,
    owner_id uuid,
    timezone text DEFAULT 'Europe/London',
    currency_code text DEFAULT 'GBP',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    first_name text,
    last_name text,
    organization_id uuid,
    created_at timestamptz DEFAULT now()
);
