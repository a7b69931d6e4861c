-- What runs: workflows with their versions, triggers and variables, and executions with their steps and logs.

CREATE TABLE atlas.workflows (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'paused', 'archived')),
    category text NOT NULL DEFAULT 'custom',
    tags text[] NOT NULL DEFAULT '{}',
    definition jsonb NOT NULL DEFAULT '{}',
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    published_version integer,
    owner text NOT NULL DEFAULT 'legacy_app' CHECK (owner IN ('legacy_app', 'atlas_legacy', 'atlas_enhanced')),
    awaiting_sign_off boolean NOT NULL DEFAULT false,
    intended_status text CHECK (intended_status IN ('draft', 'active', 'paused', 'archived')),
    total_executions bigint NOT NULL DEFAULT 0 CHECK (total_executions >= 0),
    successful_executions bigint NOT NULL DEFAULT 0 CHECK (successful_executions >= 0),
    failed_executions bigint NOT NULL DEFAULT 0 CHECK (failed_executions >= 0),
    avg_execution_time_ms bigint NOT NULL DEFAULT 0,
    error_rate numeric(5, 4) GENERATED ALWAYS AS (
        CASE WHEN total_executions > 0 THEN least(1, failed_executions::numeric / total_executions) ELSE 0 END
    ) STORED,
    performance_score integer GENERATED ALWAYS AS (
        CASE
            WHEN total_executions >= 10
                THEN greatest(0, 100 - round(failed_executions::numeric * 100 / total_executions))::integer
            ELSE 0
        END
    ) STORED,
    usage_count bigint NOT NULL DEFAULT 0,
    last_run_at timestamptz,
    legacy_reported jsonb,
    template_id uuid,
    is_template boolean NOT NULL DEFAULT false,
    template_name text,
    template_description text,
    is_public boolean NOT NULL DEFAULT false,
    created_by uuid,
    updated_by uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    CONSTRAINT workflows_unsigned_stay_inactive CHECK (NOT (awaiting_sign_off AND status = 'active'))
);
CREATE INDEX workflows_by_organization ON atlas.workflows (organization_id, updated_at DESC);
CREATE INDEX workflows_by_source ON atlas.workflows (source_table, source_id);
COMMENT ON TABLE atlas.workflows IS 'A workflow: its draft, its state and its counters. What runs is a published version.';
COMMENT ON COLUMN atlas.workflows.definition IS 'The draft in format atlas.workflow/1.';
COMMENT ON COLUMN atlas.workflows.revision IS 'Optimistic lock of the draft: a writer states the revision it read and adds one.';
COMMENT ON COLUMN atlas.workflows.owner IS 'Who executes the workflow''s triggers: legacy_app, atlas_legacy or atlas_enhanced.';
COMMENT ON COLUMN atlas.workflows.awaiting_sign_off IS 'True while a change of meaning is not signed; the workflow stays inactive.';
COMMENT ON COLUMN atlas.workflows.intended_status IS 'The status it gets once signed.';
COMMENT ON COLUMN atlas.workflows.error_rate IS 'Share of failed executions, 0 to 1; counters that contradict each other cannot overflow it.';
COMMENT ON COLUMN atlas.workflows.legacy_reported IS 'The counters as the legacy side reported them, beside those recomputed from history.';
COMMENT ON COLUMN atlas.workflows.source_table IS 'The legacy table it came from; NULL for a workflow born here.';

CREATE TABLE atlas.workflow_versions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    version integer NOT NULL,
    definition jsonb NOT NULL,
    definition_hash text NOT NULL,
    origin text NOT NULL DEFAULT 'atlas' CHECK (origin IN ('legacy', 'atlas')),
    changes text,
    created_by uuid,
    created_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    UNIQUE (workflow_id, version)
);
CREATE INDEX workflow_versions_by_organization ON atlas.workflow_versions (organization_id);
COMMENT ON TABLE atlas.workflow_versions IS 'Published versions; executions pin one. Immutable: legacy ones change only by migration, ours never.';
COMMENT ON COLUMN atlas.workflow_versions.definition_hash IS 'sha256 hex of the definition in its canonical JSON.';

CREATE TABLE atlas.workflow_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    trigger_key text NOT NULL,
    trigger_type text NOT NULL,
    trigger_name text NOT NULL,
    trigger_config jsonb NOT NULL DEFAULT '{}',
    schedule jsonb,
    webhook_endpoint text,
    webhook_secret_id uuid,
    is_active boolean NOT NULL DEFAULT false,
    trigger_count bigint NOT NULL DEFAULT 0,
    success_count bigint NOT NULL DEFAULT 0,
    failure_count bigint NOT NULL DEFAULT 0,
    next_run_at timestamptz,
    last_run_at timestamptz,
    last_triggered_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE INDEX workflow_triggers_by_workflow ON atlas.workflow_triggers (workflow_id);
CREATE INDEX workflow_triggers_by_type ON atlas.workflow_triggers (organization_id, trigger_type) WHERE is_active;
CREATE INDEX workflow_triggers_by_endpoint ON atlas.workflow_triggers (webhook_endpoint) WHERE webhook_endpoint IS NOT NULL;
COMMENT ON TABLE atlas.workflow_triggers IS 'What starts a workflow; a workflow may have several. Inactive until somebody turns it on.';
COMMENT ON COLUMN atlas.workflow_triggers.trigger_key IS 'The trigger''s id inside the definition.';
COMMENT ON COLUMN atlas.workflow_triggers.schedule IS 'The normalised schedule, where the trigger has one.';

CREATE TABLE atlas.workflow_variables (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid,
    name text NOT NULL,
    data_type text NOT NULL DEFAULT 'string'
        CHECK (data_type IN ('string', 'number', 'boolean', 'date', 'array', 'object', 'any')),
    default_value jsonb,
    current_value jsonb,
    description text,
    scope text NOT NULL DEFAULT 'workflow' CHECK (scope IN ('global', 'workflow', 'execution')),
    is_secret boolean NOT NULL DEFAULT false,
    secret_id uuid,
    is_required boolean NOT NULL DEFAULT false,
    validation_rules jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    UNIQUE NULLS NOT DISTINCT (organization_id, workflow_id, name),
    CONSTRAINT workflow_variables_secrets_are_sealed CHECK (
        NOT is_secret
        OR (
            (default_value IS NULL OR default_value = 'null' OR default_value ? '$secret')
            AND (current_value IS NULL OR current_value = 'null' OR current_value ? '$secret')
        )
    )
);
CREATE INDEX workflow_variables_by_workflow ON atlas.workflow_variables (workflow_id);
COMMENT ON TABLE atlas.workflow_variables IS 'Variables of a workflow, or of the whole organization where workflow_id is NULL.';
COMMENT ON COLUMN atlas.workflow_variables.secret_id IS 'The sealed value of a secret variable; default_value and current_value stay NULL then.';

CREATE TABLE atlas.workflow_executions (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid,
    workflow_version integer,
    status text NOT NULL CHECK (
        status IN ('pending', 'queued', 'running', 'completed', 'failed', 'cancelled', 'timeout', 'paused', 'skipped')
    ),
    outcome text,
    reason text,
    variant text,
    trace_id text,
    triggered_by text,
    trigger_data jsonb,
    input_data jsonb,
    output_data jsonb,
    context jsonb,
    error text,
    started_at timestamptz NOT NULL DEFAULT now(),
    completed_at timestamptz,
    execution_time_ms bigint,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    legacy_flags text[] NOT NULL DEFAULT '{}',
    envelope_version smallint NOT NULL DEFAULT 1,
    source_table text,
    source_id text,
    PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE TABLE atlas.workflow_executions_default PARTITION OF atlas.workflow_executions DEFAULT;
CREATE INDEX workflow_executions_by_organization ON atlas.workflow_executions (organization_id, started_at DESC);
CREATE INDEX workflow_executions_by_workflow ON atlas.workflow_executions (workflow_id, started_at DESC);
COMMENT ON TABLE atlas.workflow_executions IS 'Executions, by month of their start (UTC). The default partition takes dates no month was made for.';
COMMENT ON COLUMN atlas.workflow_executions.started_at IS
    'When it started. Where legacy had none: created_at, else 1970-01-01 UTC, with no_start among the flags.';
COMMENT ON COLUMN atlas.workflow_executions.outcome IS 'What came of it in one word, as status alone does not say (delivered, suppressed, goal_reached ...).';
COMMENT ON COLUMN atlas.workflow_executions.reason IS 'Why the outcome is what it is: a reason code.';
COMMENT ON COLUMN atlas.workflow_executions.variant IS 'Which arm of a split or test it took.';
COMMENT ON COLUMN atlas.workflow_executions.legacy_flags IS 'What is odd about the legacy row: stuck, contradictory, twin, no_start ...';
COMMENT ON COLUMN atlas.workflow_executions.envelope_version IS 'Version of the outcome envelope: outcome, reason, variant, workflow_version, trace_id.';

CREATE TABLE atlas.workflow_execution_steps (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    execution_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    position integer NOT NULL DEFAULT 0,
    node_id text NOT NULL,
    node_type text NOT NULL,
    action_type text,
    status text NOT NULL DEFAULT 'pending' CHECK (
        status IN ('pending', 'queued', 'running', 'completed', 'failed', 'skipped', 'cancelled', 'paused', 'timeout')
    ),
    input_data jsonb,
    output_data jsonb,
    error text,
    retry_count integer NOT NULL DEFAULT 0 CHECK (retry_count >= 0),
    max_retries integer CHECK (max_retries IS NULL OR max_retries >= retry_count),
    completed_at timestamptz,
    execution_time_ms bigint,
    outcome text,
    reason text,
    variant text,
    workflow_version integer,
    trace_id text,
    context_snapshot jsonb,
    variables_snapshot jsonb,
    legacy_flags text[] NOT NULL DEFAULT '{}',
    envelope_version smallint NOT NULL DEFAULT 1,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    PRIMARY KEY (id, started_at)
) PARTITION BY RANGE (started_at);
CREATE TABLE atlas.workflow_execution_steps_default PARTITION OF atlas.workflow_execution_steps DEFAULT;
CREATE INDEX workflow_execution_steps_by_execution ON atlas.workflow_execution_steps (execution_id, position);
COMMENT ON TABLE atlas.workflow_execution_steps IS 'What each node did in an execution, one row per step, by month of its start (UTC).';
COMMENT ON COLUMN atlas.workflow_execution_steps.started_at IS
    'When it started. Where legacy had none: the execution''s start, with no_start among the flags.';

CREATE TABLE atlas.workflow_execution_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    execution_id uuid NOT NULL,
    organization_id uuid NOT NULL,
    log_level text NOT NULL CHECK (log_level IN ('debug', 'info', 'warn', 'error')),
    message text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    node_id text,
    step_id uuid,
    action_type text,
    logged_at timestamptz NOT NULL DEFAULT now(),
    execution_time_ms bigint,
    source text NOT NULL DEFAULT 'system',
    source_table text,
    source_id text,
    PRIMARY KEY (id, logged_at)
) PARTITION BY RANGE (logged_at);
CREATE TABLE atlas.workflow_execution_logs_default PARTITION OF atlas.workflow_execution_logs DEFAULT;
CREATE INDEX workflow_execution_logs_by_execution ON atlas.workflow_execution_logs (execution_id, logged_at);
COMMENT ON TABLE atlas.workflow_execution_logs IS 'Log lines of executions, by month (UTC); kept 30 days.';
