-- Shape B: templates, workflows with the graph in workflow_data, and their edit history.
CREATE TABLE public.workflow_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    category text NOT NULL,
    icon text,
    workflow_data jsonb NOT NULL,
    preview_image text,
    is_public boolean DEFAULT false,
    usage_count integer DEFAULT 0,
    created_by uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    status text DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'paused', 'archived')),
    version integer DEFAULT 1,
    workflow_data jsonb NOT NULL,
    trigger_type text NOT NULL,
    trigger_config jsonb,
    settings jsonb DEFAULT '{"errorHandling": "continue", "maxExecutionTime": 300, "timezone": "America/New_York", "notifications": {"onError": true, "onComplete": false}}'::jsonb,
    stats jsonb DEFAULT '{"totalExecutions": 0, "successfulExecutions": 0, "failedExecutions": 0, "avgExecutionTime": 0, "lastExecutedAt": null}'::jsonb,
    created_by uuid,
    template_id uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now()
);

CREATE TABLE public.workflow_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    version integer NOT NULL,
    workflow_data jsonb NOT NULL,
    changes text,
    created_by uuid,
    created_at timestamptz DEFAULT now(),
    UNIQUE (workflow_id, version)
);

CREATE TABLE public.workflow_nodes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    node_id text NOT NULL,
    node_type text NOT NULL CHECK (node_type IN ('trigger', 'action', 'condition', 'wait', 'loop')),
    action_type text,
    position jsonb NOT NULL,
    data jsonb NOT NULL,
    UNIQUE (workflow_id, node_id)
);
