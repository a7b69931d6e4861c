-- Messages as the second service keeps them.
CREATE TABLE public.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    org_id uuid NOT NULL,
    recipient text NOT NULL,
    channel text NOT NULL,
    template_id uuid,
    body text,
    status text DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'delivered', 'failed', 'bounced')),
    created_at timestamptz DEFAULT now()
);
