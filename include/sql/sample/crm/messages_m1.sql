-- Messages as the first application keeps them.
CREATE TABLE public.messages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    user_id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('sms', 'whatsapp', 'email')),
    direction text NOT NULL CHECK (direction IN ('inbound', 'outbound')),
    status text DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'delivered', 'failed', 'read')),
    subject text,
    body text NOT NULL,
    from_number text,
    to_number text,
    from_email text,
    to_email text,
    twilio_sid text,
    resend_id text,
    error_code text,
    error_message text,
    created_at timestamptz DEFAULT now()
);
