-- The table that policies name and no file creates; where it exists, somebody made it by hand.
CREATE TABLE public.auth_users (
    auth_id uuid PRIMARY KEY,
    organization_id uuid
);
