-- The control tables: phase runs, ledger, originals, quarantine, sign-offs, validation, flags, audit.

CREATE TABLE atlas.phase_runs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    phase text NOT NULL,
    status text NOT NULL DEFAULT 'running'
        CHECK (status IN ('running', 'paused', 'waiting', 'succeeded', 'failed', 'rolled_back', 'cancelled')),
    scope jsonb NOT NULL DEFAULT '{}',
    options jsonb NOT NULL DEFAULT '{}',
    dry_run boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    actor text NOT NULL DEFAULT current_user,
    summary jsonb NOT NULL DEFAULT '{}',
    problem text
);
CREATE INDEX phase_runs_by_phase ON atlas.phase_runs (phase, started_at DESC);
COMMENT ON TABLE atlas.phase_runs IS 'One row per phase run: what was asked for, how it stands, how it ended.';
COMMENT ON COLUMN atlas.phase_runs.scope IS 'Which organizations: {"organizations": [uuid, ...]} or {"percent": n}.';

CREATE TABLE atlas.phase_run_steps (
    phase_run_id uuid NOT NULL REFERENCES atlas.phase_runs (id) ON DELETE CASCADE,
    position integer NOT NULL,
    kind text NOT NULL,
    status text NOT NULL DEFAULT 'pending',
    started_at timestamptz,
    finished_at timestamptz,
    summary jsonb NOT NULL DEFAULT '{}',
    problem text,
    PRIMARY KEY (phase_run_id, position)
);
COMMENT ON TABLE atlas.phase_run_steps IS 'The steps of a phase run in order (preflight, backup, expand, backfill ...) and how each ended.';

CREATE TABLE atlas.backfill_cursors (
    phase_run_id uuid NOT NULL REFERENCES atlas.phase_runs (id) ON DELETE CASCADE,
    source_table text NOT NULL,
    range_no integer NOT NULL,
    low text,
    high text,
    cursor text,
    rows_done bigint NOT NULL DEFAULT 0,
    bytes_done bigint NOT NULL DEFAULT 0,
    rows_total bigint,
    finished_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (phase_run_id, source_table, range_no)
);
COMMENT ON TABLE atlas.backfill_cursors IS
    'How far each key range of a backfill has come; written in the same transaction as the batch it describes.';
COMMENT ON COLUMN atlas.backfill_cursors.cursor IS 'The last key that was written; the next batch starts after it.';

CREATE TABLE atlas.originals (
    source_table text NOT NULL,
    source_id text NOT NULL,
    organization_id uuid,
    content text,
    sealed bytea,
    content_hash text NOT NULL,
    first_seen_run uuid,
    updated_run uuid,
    PRIMARY KEY (source_table, source_id),
    CHECK (content IS NULL OR sealed IS NULL)
);
CREATE INDEX originals_by_organization ON atlas.originals (organization_id, source_table);
COMMENT ON TABLE atlas.originals IS
    'The legacy row exactly as it was read, so that it can be recovered bit for bit. Never readable by the application.';
COMMENT ON COLUMN atlas.originals.content IS
    'A compact JSON object, column name to column::text (a string or null), in column order; NULL where sealed.';
COMMENT ON COLUMN atlas.originals.sealed IS 'The same content under Fernet, where it holds a secret.';
COMMENT ON COLUMN atlas.originals.content_hash IS
    'sha256 hex of content; where sealed "hmac:" and the HMAC-SHA256 hex, so that a hash gives no secret away.';

CREATE TABLE atlas.migration_ledger (
    source_table text NOT NULL,
    source_id text NOT NULL,
    organization_id uuid,
    phase text NOT NULL,
    outcome text NOT NULL
        CHECK (outcome IN ('migrated', 'migrated_with_warnings', 'quarantined', 'skipped', 'archived')),
    reasons jsonb NOT NULL DEFAULT '[]',
    changes jsonb NOT NULL DEFAULT '[]',
    source_hash text,
    target_hash text,
    phase_run_id uuid,
    migrated_at timestamptz NOT NULL DEFAULT now(),
    source_deleted_at timestamptz,
    inputs_hash text,
    rolled_back_at timestamptz,
    PRIMARY KEY (source_table, source_id)
);
CREATE INDEX migration_ledger_by_organization ON atlas.migration_ledger (organization_id, source_table, outcome);
COMMENT ON TABLE atlas.migration_ledger IS 'One row per source row of every table: what became of it, why, and the hashes of both sides.';
COMMENT ON COLUMN atlas.migration_ledger.reasons IS '[{"code", "field", "message"}]; the codes are listed in the reference.';
COMMENT ON COLUMN atlas.migration_ledger.changes IS 'Changes of meaning that need a sign-off: [{"code", "field", "before", "after", "message"}].';
COMMENT ON COLUMN atlas.migration_ledger.source_hash IS 'Same as originals.content_hash when the row was written.';
COMMENT ON COLUMN atlas.migration_ledger.target_hash IS 'sha256 hex of what was written to the enhanced tables.';
COMMENT ON COLUMN atlas.migration_ledger.inputs_hash IS
    'Over everything the translation read: this row, its side rows, whether its organization exists, the translator''s version.';
COMMENT ON COLUMN atlas.migration_ledger.rolled_back_at IS 'When a rollback removed what was written; NULL while it stands.';
COMMENT ON COLUMN atlas.migration_ledger.source_deleted_at IS 'When the source row was found gone; NULL while it exists.';

CREATE TABLE atlas.quarantine (
    source_table text NOT NULL,
    source_id text NOT NULL,
    organization_id uuid,
    phase text NOT NULL,
    reasons jsonb NOT NULL DEFAULT '[]',
    phase_run_id uuid,
    quarantined_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    resolution text,
    PRIMARY KEY (source_table, source_id)
);
CREATE INDEX quarantine_open ON atlas.quarantine (organization_id) WHERE resolved_at IS NULL;
COMMENT ON TABLE atlas.quarantine IS 'Rows that could not be translated, with the reason; their content is in originals.';

CREATE TABLE atlas.secrets (
    id uuid PRIMARY KEY,
    organization_id uuid NOT NULL,
    sealed bytea NOT NULL,
    key_id text NOT NULL,
    hint text,
    created_at timestamptz NOT NULL DEFAULT now(),
    rotated_at timestamptz
);
CREATE INDEX secrets_by_organization ON atlas.secrets (organization_id);
COMMENT ON TABLE atlas.secrets IS 'Secrets found in legacy rows or entered later, sealed. Readable by the engine and the migration only.';
COMMENT ON COLUMN atlas.secrets.sealed IS 'Fernet token; key_id names the key it was made with.';
COMMENT ON COLUMN atlas.secrets.hint IS 'Masked, with at most the last four characters in clear.';

CREATE TABLE atlas.sign_offs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    code text NOT NULL,
    source_hash text NOT NULL,
    signed_by text NOT NULL,
    reason text NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    voided_at timestamptz,
    void_reason text
);
CREATE INDEX sign_offs_by_workflow ON atlas.sign_offs (workflow_id, code) WHERE voided_at IS NULL;
COMMENT ON TABLE atlas.sign_offs IS 'Who accepted which change of meaning of which workflow; void as soon as the source changes.';

CREATE TABLE atlas.validation_results (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    phase_run_id uuid,
    suite text NOT NULL,
    expectation text NOT NULL,
    severity text NOT NULL DEFAULT 'critical',
    success boolean,
    status text NOT NULL CHECK (status IN ('passed', 'failed', 'errored')),
    observed jsonb,
    unexpected_count bigint,
    failing_keys_file text,
    meta jsonb NOT NULL DEFAULT '{}',
    checked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX validation_results_by_run ON atlas.validation_results (phase_run_id);
COMMENT ON TABLE atlas.validation_results IS 'One row per expectation checked in a phase run. A SQL error is errored, not failed.';

CREATE TABLE atlas.validation_failing_keys (
    result_id uuid NOT NULL REFERENCES atlas.validation_results (id) ON DELETE CASCADE,
    source_table text NOT NULL,
    source_id text NOT NULL,
    organization_id uuid
);
CREATE INDEX validation_failing_keys_by_result ON atlas.validation_failing_keys (result_id);
COMMENT ON TABLE atlas.validation_failing_keys IS 'All keys that failed an expectation; keys only, no content.';

CREATE TABLE atlas.checklist_items (
    phase_run_id uuid NOT NULL REFERENCES atlas.phase_runs (id) ON DELETE CASCADE,
    item text NOT NULL,
    status text NOT NULL CHECK (status IN ('passed', 'failed', 'waived', 'skipped')),
    detail text,
    waived_by text,
    waive_reason text,
    remedy text,
    checked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (phase_run_id, item),
    CHECK (status <> 'waived' OR (waived_by IS NOT NULL AND waive_reason IS NOT NULL))
);
COMMENT ON TABLE atlas.checklist_items IS 'The checklist before a migration: each item passed, failed, skipped, or waived by whom and why.';

CREATE TABLE atlas.certificates (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid NOT NULL,
    phase text NOT NULL,
    phase_run_id uuid NOT NULL,
    body jsonb NOT NULL,
    body_hash text NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX certificates_by_organization ON atlas.certificates (organization_id, phase, issued_at DESC);
COMMENT ON TABLE atlas.certificates IS 'The proof of a reconciliation per organization: snapshot, tree hash, dispositions, sign-offs, verifier.';

CREATE TABLE atlas.captured_changes (
    source_table text NOT NULL,
    source_id text NOT NULL,
    operation char(1) NOT NULL,
    txid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    captured_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX captured_changes_by_source ON atlas.captured_changes (source_table, source_id);
COMMENT ON TABLE atlas.captured_changes IS
    'What the old application changed since the snapshot: one narrow row per change. Read by deletion or behind '
    'pg_snapshot_xmin, never by a growing cursor, because transactions commit late.';
COMMENT ON COLUMN atlas.captured_changes.operation IS 'I, U, D or T (insert, update, delete, truncate).';

CREATE TABLE atlas.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id uuid,
    actor text NOT NULL,
    action text NOT NULL,
    subject_table text,
    subject_id text,
    before_hash text,
    after_hash text,
    reason text,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX audit_log_by_organization ON atlas.audit_log (organization_id, at DESC);
CREATE INDEX audit_log_by_subject ON atlas.audit_log (subject_table, subject_id);
COMMENT ON TABLE atlas.audit_log IS 'Who did what and why. Append-only: nobody, not even the owner, changes or empties it.';

CREATE TABLE atlas.cohorts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE,
    percentage numeric(5, 2) NOT NULL DEFAULT 0 CHECK (percentage BETWEEN 0 AND 100),
    allow uuid[] NOT NULL DEFAULT '{}',
    deny uuid[] NOT NULL DEFAULT '{}',
    salt text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE atlas.cohorts IS 'Groups of organizations: a percentage by stable hash, plus an allow and a deny list (deny wins).';
COMMENT ON COLUMN atlas.cohorts.salt IS 'Makes cohorts independent of each other; an organization keeps its place while it stays the same.';

CREATE TABLE atlas.flags (
    key text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_.]{0,99}$'),
    type text NOT NULL CHECK (type IN ('boolean', 'integer', 'number', 'string')),
    default_value jsonb NOT NULL,
    owner text NOT NULL,
    expires_at timestamptz,
    reason text NOT NULL,
    description text NOT NULL DEFAULT '',
    cohort text REFERENCES atlas.cohorts (name),
    cohort_value jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (jsonb_typeof(default_value) = CASE type WHEN 'integer' THEN 'number' ELSE type END),
    CHECK (jsonb_typeof(cohort_value) = CASE type WHEN 'integer' THEN 'number' ELSE type END),
    CHECK ((cohort IS NULL) = (cohort_value IS NULL))
);
COMMENT ON TABLE atlas.flags IS 'Feature flags: a typed key with a default, somebody who answers for it, an end and a reason.';
COMMENT ON COLUMN atlas.flags.expires_at IS 'From then on the default holds for everybody and the flag should be removed.';
COMMENT ON COLUMN atlas.flags.cohort_value IS 'What organizations of the cohort get, unless they have an override.';

CREATE TABLE atlas.flag_overrides (
    flag_key text NOT NULL REFERENCES atlas.flags (key) ON DELETE CASCADE,
    organization_id uuid NOT NULL,
    value jsonb NOT NULL,
    set_by text NOT NULL,
    reason text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (flag_key, organization_id)
);
CREATE INDEX flag_overrides_by_organization ON atlas.flag_overrides (organization_id);
COMMENT ON TABLE atlas.flag_overrides IS 'A flag''s value for one organization, set by whom and why.';

CREATE TABLE atlas.organization_phases (
    organization_id uuid NOT NULL,
    phase text NOT NULL,
    status text NOT NULL CHECK (status IN ('applied', 'rolled_back')),
    phase_run_id uuid,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, phase)
);
COMMENT ON TABLE atlas.organization_phases IS 'Which phases stand for which organization.';

CREATE TABLE atlas.archive (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    organization_id uuid,
    table_name text NOT NULL,
    row_id text NOT NULL,
    "row" jsonb NOT NULL,
    reason text NOT NULL,
    phase_run_id uuid,
    archived_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX archive_by_organization ON atlas.archive (organization_id, table_name, row_id);
COMMENT ON TABLE atlas.archive IS 'Rows that a rollback or a phase removed from the enhanced tables, kept whole.';
