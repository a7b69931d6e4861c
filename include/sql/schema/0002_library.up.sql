-- What stands around workflows: templates, definitions, webhooks, schedules, queue, analytics, limits, consents.

CREATE TABLE atlas.workflow_templates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid,
    name text NOT NULL,
    description text,
    category text NOT NULL DEFAULT 'custom',
    icon text,
    preview_image text,
    definition jsonb NOT NULL DEFAULT '{}',
    default_settings jsonb NOT NULL DEFAULT '{}',
    required_variables jsonb NOT NULL DEFAULT '[]',
    manifest jsonb NOT NULL DEFAULT '{}',
    slug text,
    template_version text NOT NULL DEFAULT '1.0.0',
    author text,
    license text,
    requires jsonb NOT NULL DEFAULT '[]',
    content_hash text,
    is_public boolean NOT NULL DEFAULT false,
    is_featured boolean NOT NULL DEFAULT false,
    usage_count bigint NOT NULL DEFAULT 0,
    rating numeric(3, 2) NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    tags text[] NOT NULL DEFAULT '{}',
    created_by uuid,
    updated_by uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE UNIQUE INDEX workflow_templates_by_slug ON atlas.workflow_templates (organization_id, slug, template_version)
    NULLS NOT DISTINCT WHERE slug IS NOT NULL;
CREATE INDEX workflow_templates_by_organization ON atlas.workflow_templates (organization_id, category);
COMMENT ON TABLE atlas.workflow_templates IS 'Templates; organization_id is NULL for those of the system.';
COMMENT ON COLUMN atlas.workflow_templates.slug IS 'Stable name that a package is imported under; seeding twice does not make twins.';
COMMENT ON COLUMN atlas.workflow_templates.manifest IS 'The package''s manifest whole: parameters asked for, screenshots, changelog, compatibility.';
COMMENT ON COLUMN atlas.workflow_templates.requires IS 'Node types, connectors and variables it needs: [{"kind", "name", "version"}].';

CREATE TABLE atlas.workflow_code_snippets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    description text,
    code text NOT NULL,
    language text NOT NULL DEFAULT 'javascript',
    input_variables jsonb,
    output_variables jsonb,
    is_shared boolean NOT NULL DEFAULT false,
    created_by uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE INDEX workflow_code_snippets_by_organization ON atlas.workflow_code_snippets (organization_id);
COMMENT ON TABLE atlas.workflow_code_snippets IS 'Code kept from the old builder. It is shown, never run.';

CREATE TABLE atlas.workflow_action_definitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid,
    action_type text NOT NULL,
    category text NOT NULL,
    name text NOT NULL,
    description text,
    icon text,
    input_schema jsonb NOT NULL DEFAULT '{}',
    output_schema jsonb NOT NULL DEFAULT '{}',
    config_schema jsonb,
    is_premium boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    requires_auth boolean NOT NULL DEFAULT true,
    handler_function text,
    external_service_url text,
    timeout_seconds integer NOT NULL DEFAULT 30 CHECK (timeout_seconds BETWEEN 1 AND 300),
    max_retries integer NOT NULL DEFAULT 3 CHECK (max_retries >= 0),
    version text NOT NULL DEFAULT '1.0.0',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    UNIQUE NULLS NOT DISTINCT (organization_id, action_type, version)
);
COMMENT ON TABLE atlas.workflow_action_definitions IS
    'Action types of the system (organization_id NULL) and of organizations; unique per organization, so tenants do not block each other.';

CREATE TABLE atlas.workflow_trigger_definitions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid,
    trigger_type text NOT NULL,
    category text NOT NULL,
    name text NOT NULL,
    description text,
    icon text,
    config_schema jsonb NOT NULL DEFAULT '{}',
    output_schema jsonb NOT NULL DEFAULT '{}',
    supports_scheduling boolean NOT NULL DEFAULT false,
    supports_webhook boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    handler_function text,
    webhook_endpoint_template text,
    version text NOT NULL DEFAULT '1.0.0',
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    UNIQUE NULLS NOT DISTINCT (organization_id, trigger_type, version)
);
COMMENT ON TABLE atlas.workflow_trigger_definitions IS 'Trigger types of the system (organization_id NULL) and of organizations.';

CREATE TABLE atlas.workflow_analytics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    date date NOT NULL,
    hour integer CHECK (hour BETWEEN 0 AND 23),
    origin text NOT NULL DEFAULT 'atlas' CHECK (origin IN ('legacy_reported', 'atlas')),
    executions_count bigint NOT NULL DEFAULT 0,
    successful_count bigint NOT NULL DEFAULT 0,
    failed_count bigint NOT NULL DEFAULT 0,
    cancelled_count bigint NOT NULL DEFAULT 0,
    total_execution_time_ms bigint,
    avg_execution_time_ms bigint,
    min_execution_time_ms bigint,
    max_execution_time_ms bigint,
    total_nodes_executed bigint NOT NULL DEFAULT 0,
    total_actions_performed bigint NOT NULL DEFAULT 0,
    total_conditions_evaluated bigint NOT NULL DEFAULT 0,
    error_categories jsonb NOT NULL DEFAULT '{}',
    most_common_errors jsonb NOT NULL DEFAULT '[]',
    unique_triggers bigint NOT NULL DEFAULT 0,
    unique_users_affected bigint NOT NULL DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text,
    UNIQUE NULLS NOT DISTINCT (workflow_id, date, hour, origin)
);
CREATE INDEX workflow_analytics_by_organization ON atlas.workflow_analytics (organization_id, date);
COMMENT ON TABLE atlas.workflow_analytics IS 'Counts per workflow and hour or day. Rows of origin atlas are counted from the finished executions, migrated ones included; legacy_reported rows are kept as they were and never summed with them.';
COMMENT ON COLUMN atlas.workflow_analytics.hour IS 'Hour in the organizations time zone (UTC where it names none) in which executions ended; NULL for a whole day.';

CREATE TABLE atlas.workflow_webhooks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid,
    name text NOT NULL,
    endpoint_id text NOT NULL UNIQUE,
    secret_id uuid,
    allowed_origins text[] NOT NULL DEFAULT '{}',
    verify_signature boolean NOT NULL DEFAULT true,
    rate_limit integer NOT NULL DEFAULT 100 CHECK (rate_limit > 0),
    transform_payload jsonb NOT NULL DEFAULT '{}',
    filter_conditions jsonb NOT NULL DEFAULT '{}',
    is_active boolean NOT NULL DEFAULT false,
    total_requests bigint NOT NULL DEFAULT 0,
    successful_requests bigint NOT NULL DEFAULT 0,
    failed_requests bigint NOT NULL DEFAULT 0,
    last_triggered_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE INDEX workflow_webhooks_by_organization ON atlas.workflow_webhooks (organization_id, workflow_id);
COMMENT ON TABLE atlas.workflow_webhooks IS 'Webhook endpoints; endpoint ids of the old application are kept, so callers need no change.';
COMMENT ON COLUMN atlas.workflow_webhooks.secret_id IS 'The sealed secret the signature is made with.';
COMMENT ON COLUMN atlas.workflow_webhooks.rate_limit IS 'Requests per minute.';

CREATE TABLE atlas.workflow_schedules (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_id uuid,
    schedule jsonb NOT NULL,
    timezone text,
    is_active boolean NOT NULL DEFAULT false,
    legacy_config jsonb,
    next_run_at timestamptz,
    last_run_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE INDEX workflow_schedules_by_workflow ON atlas.workflow_schedules (organization_id, workflow_id);
COMMENT ON TABLE atlas.workflow_schedules IS 'Normalised schedules of recurring workflows, inactive until turned on.';
COMMENT ON COLUMN atlas.workflow_schedules.timezone IS 'IANA name; NULL takes the workflow''s, then the organization''s.';

CREATE TABLE atlas.workflow_execution_queue (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    branch text NOT NULL DEFAULT '',
    due_at timestamptz NOT NULL DEFAULT now(),
    priority smallint NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 10),
    lease_until timestamptz,
    leased_by text,
    fencing bigint NOT NULL DEFAULT 0,
    UNIQUE (execution_id, branch)
) WITH (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX workflow_execution_queue_due ON atlas.workflow_execution_queue (priority DESC, due_at, id);
COMMENT ON TABLE atlas.workflow_execution_queue IS
    'One narrow row per live token of an execution, inserted and removed in the transaction of the execution''s state. No JSON.';
COMMENT ON COLUMN atlas.workflow_execution_queue.priority IS '10 is the most urgent.';
COMMENT ON COLUMN atlas.workflow_execution_queue.fencing IS 'Grows with every claim; a worker whose number is old may not write.';

CREATE TABLE atlas.workflow_performance_metrics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    metric_type text NOT NULL CHECK (metric_type IN ('hourly', 'daily', 'weekly', 'monthly')),
    period_start timestamptz NOT NULL,
    period_end timestamptz NOT NULL,
    total_executions bigint NOT NULL DEFAULT 0,
    successful_executions bigint NOT NULL DEFAULT 0,
    failed_executions bigint NOT NULL DEFAULT 0,
    cancelled_executions bigint NOT NULL DEFAULT 0,
    avg_execution_time_ms bigint,
    median_execution_time_ms bigint,
    p95_execution_time_ms bigint,
    p99_execution_time_ms bigint,
    total_cpu_time_ms bigint,
    total_memory_mb bigint,
    total_api_calls bigint NOT NULL DEFAULT 0,
    total_external_requests bigint NOT NULL DEFAULT 0,
    error_rate numeric(5, 4) NOT NULL DEFAULT 0 CHECK (error_rate BETWEEN 0 AND 1),
    most_common_errors jsonb NOT NULL DEFAULT '[]',
    error_categories jsonb NOT NULL DEFAULT '{}',
    unique_users_affected bigint NOT NULL DEFAULT 0,
    total_notifications_sent bigint NOT NULL DEFAULT 0,
    total_data_processed_mb numeric,
    performance_score integer CHECK (performance_score BETWEEN 0 AND 100),
    reliability_score integer CHECK (reliability_score BETWEEN 0 AND 100),
    efficiency_score integer CHECK (efficiency_score BETWEEN 0 AND 100),
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    UNIQUE (workflow_id, metric_type, period_start),
    CHECK (period_end > period_start)
);
CREATE INDEX workflow_performance_metrics_by_organization
    ON atlas.workflow_performance_metrics (organization_id, period_start);
COMMENT ON TABLE atlas.workflow_performance_metrics IS 'Durations, error rate and scores per workflow and period.';

CREATE TABLE atlas.workflow_rate_limits (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid,
    limit_type text NOT NULL
        CHECK (limit_type IN ('executions_per_minute', 'executions_per_hour', 'executions_per_day')),
    limit_value integer NOT NULL CHECK (limit_value > 0),
    current_count integer NOT NULL DEFAULT 0 CHECK (current_count >= 0),
    window_start timestamptz,
    window_end timestamptz,
    is_active boolean NOT NULL DEFAULT true,
    exceeded_at timestamptz,
    reset_at timestamptz,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (organization_id, workflow_id, limit_type)
);
COMMENT ON TABLE atlas.workflow_rate_limits IS 'How many executions a workflow (or organization) may start in a window aligned to UTC.';
COMMENT ON COLUMN atlas.workflow_rate_limits.window_start IS 'Start of the aligned window being counted; NULL before the first execution.';

CREATE TABLE atlas.workflow_conditions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    name text NOT NULL,
    category text NOT NULL DEFAULT 'custom',
    condition jsonb NOT NULL DEFAULT '{}',
    is_shared boolean NOT NULL DEFAULT false,
    usage_count bigint NOT NULL DEFAULT 0,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    source_table text,
    source_id text
);
CREATE INDEX workflow_conditions_by_organization ON atlas.workflow_conditions (organization_id);
COMMENT ON TABLE atlas.workflow_conditions IS 'Reusable conditions of an organization. Shared means within the organization, never across tenants.';

CREATE TABLE atlas.consents (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid,
    subject_table text NOT NULL,
    subject_id text NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email', 'sms', 'whatsapp', 'all')),
    state text NOT NULL CHECK (state IN ('granted', 'withdrawn')),
    basis text NOT NULL,
    effective_at timestamptz,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    recorded_by text NOT NULL DEFAULT current_user,
    evidence_hash text NOT NULL
);
CREATE INDEX consents_by_subject ON atlas.consents (subject_table, subject_id, channel, basis, id DESC);
CREATE INDEX consents_by_organization ON atlas.consents (organization_id);
COMMENT ON TABLE atlas.consents IS 'Consent ledger: who may be written to on which channel and since when. Only added to; the latest entry counts.';
COMMENT ON COLUMN atlas.consents.basis IS 'Where the entry comes from: the legacy column read, or the action of a person.';
COMMENT ON COLUMN atlas.consents.effective_at IS 'When the person said so; NULL where the legacy side does not tell.';
COMMENT ON COLUMN atlas.consents.evidence_hash IS 'sha256 hex of the legacy value read; the same value is not recorded twice.';
