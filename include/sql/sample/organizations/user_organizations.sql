-- Membership as the organization patch of the builder has it.
CREATE TABLE public.user_organizations (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    role text DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member', 'staff')),
    is_active boolean DEFAULT true,
    created_at timestamptz DEFAULT now(),
    UNIQUE (user_id, organization_id)
);

ALTER TABLE public.user_organizations ENABLE ROW LEVEL SECURITY;

-- The first text of this policy read its own table and recursed for ever; this is the one that replaced it.
CREATE POLICY "Users can view own memberships" ON public.user_organizations
FOR SELECT USING (user_id = auth.uid());
