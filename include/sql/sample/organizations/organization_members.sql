-- Membership as the second service and the coach platform have it.
CREATE TABLE public.organization_members (
    user_id uuid NOT NULL,
    org_id uuid NOT NULL,
    role text NOT NULL DEFAULT 'staff' CHECK (role IN ('owner', 'admin', 'coach', 'staff')),
    permissions jsonb DEFAULT '{}'::jsonb,
    created_at timestamptz DEFAULT now(),
    PRIMARY KEY (user_id, org_id)
);
