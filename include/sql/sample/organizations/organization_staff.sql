-- Staff as the booking side has it: user_id is text, "a uuid or the word pending".
CREATE TABLE public.organization_staff (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    user_id text,
    email text NOT NULL,
    phone_number text NOT NULL,
    role text DEFAULT 'staff' CHECK (role IN ('owner', 'manager', 'staff', 'trainer')),
    is_available boolean DEFAULT true,
    created_at timestamptz DEFAULT now()
);
