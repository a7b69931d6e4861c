-- What lead scoring keeps: factors, activities and the history of scores.
CREATE TABLE public.lead_scoring_factors (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    source_quality_score integer DEFAULT 0 CHECK (source_quality_score BETWEEN 0 AND 20),
    engagement_score integer DEFAULT 0 CHECK (engagement_score BETWEEN 0 AND 25),
    total_score integer DEFAULT 0 CHECK (total_score BETWEEN 0 AND 100),
    UNIQUE (organization_id, lead_id)
);

CREATE TABLE public.lead_activities (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    activity_type text NOT NULL,
    created_at timestamptz DEFAULT now()
);

CREATE TABLE public.lead_score_history (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    previous_score integer,
    new_score integer,
    score_change integer,
    change_reason text,
    triggered_by text,
    created_at timestamptz DEFAULT now()
);
