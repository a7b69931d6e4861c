-- Shape B: what an organization keeps beside its workflows, and the definitions shared by all.
CREATE TABLE public.workflow_code_snippets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    code text NOT NULL,
    language text DEFAULT 'javascript',
    input_variables jsonb,
    output_variables jsonb,
    is_shared boolean DEFAULT false,
    created_by uuid
);

CREATE TABLE public.workflow_variables (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    type text NOT NULL CHECK (type IN ('string', 'number', 'boolean', 'date', 'array', 'object')),
    default_value jsonb,
    is_secret boolean DEFAULT false,
    UNIQUE (organization_id, name)
);

CREATE TABLE public.trigger_definitions (
    id text PRIMARY KEY,
    category text NOT NULL,
    name text NOT NULL,
    description text,
    icon text,
    config_schema jsonb NOT NULL,
    output_schema jsonb NOT NULL,
    is_active boolean DEFAULT true
);

CREATE TABLE public.action_definitions (
    id text PRIMARY KEY,
    category text NOT NULL,
    name text NOT NULL,
    description text,
    icon text,
    input_schema jsonb NOT NULL,
    output_schema jsonb NOT NULL,
    config_schema jsonb,
    is_premium boolean DEFAULT false,
    is_active boolean DEFAULT true
);
