-- What shadow runs found: per workflow how much of its history reproduces, and what differs between before and after.

CREATE TABLE atlas.shadow_workflows (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    run_id uuid NOT NULL,
    legacy_id text NOT NULL,
    compared_at timestamptz NOT NULL,
    source_hash text,
    definition_hash text NOT NULL,
    engine text NOT NULL,
    standing text[] NOT NULL DEFAULT '{}',
    executions bigint NOT NULL DEFAULT 0,
    recorded bigint NOT NULL DEFAULT 0,
    reproduced bigint NOT NULL DEFAULT 0,
    assumed bigint NOT NULL DEFAULT 0,
    causes jsonb NOT NULL DEFAULT '{}',
    subjects bigint NOT NULL DEFAULT 0,
    triggers integer NOT NULL DEFAULT 0,
    is_made_up boolean NOT NULL DEFAULT false,
    same integer NOT NULL DEFAULT 0,
    explained integer NOT NULL DEFAULT 0,
    unexplained integer NOT NULL DEFAULT 0,
    messages_before integer NOT NULL DEFAULT 0,
    messages_after integer NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, workflow_id),
    CHECK (reproduced <= recorded AND recorded <= executions AND assumed <= reproduced),
    CHECK (same + explained + unexplained = triggers)
);
CREATE INDEX shadow_workflows_by_run ON atlas.shadow_workflows (run_id, legacy_id);
COMMENT ON TABLE atlas.shadow_workflows IS
    'The latest comparison of each workflow: the old engines against its recorded history, then against its definition. Effects were off.';
COMMENT ON COLUMN atlas.shadow_workflows.run_id IS 'The phase run, or the run of atlas shadow, that compared it last.';
COMMENT ON COLUMN atlas.shadow_workflows.definition_hash IS 'Of the definition compared; another one today means that the comparison is out of date.';
COMMENT ON COLUMN atlas.shadow_workflows.source_hash IS 'Of the legacy row when it was translated.';
COMMENT ON COLUMN atlas.shadow_workflows.engine IS 'The old engine held against the definition; standing are all that history leaves.';
COMMENT ON COLUMN atlas.shadow_workflows.recorded IS 'Executions of 90 days that keep finished steps; 0 means that nothing is proven.';
COMMENT ON COLUMN atlas.shadow_workflows.assumed IS 'Of those reproduced: with conditions whose data nobody kept, taken from the record.';
COMMENT ON COLUMN atlas.shadow_workflows.causes IS 'Cause to {"times", "execution", "detail"} for executions that do not reproduce.';
COMMENT ON COLUMN atlas.shadow_workflows.triggers IS 'Recorded triggers played through both sides; a made-up one where none was recorded.';
COMMENT ON COLUMN atlas.shadow_workflows.messages_before IS 'Messages the old engine sends for these triggers; messages_after those of the definition.';

CREATE TABLE atlas.shadow_differences (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    position integer NOT NULL,
    change text NOT NULL,
    node_id text,
    field text NOT NULL DEFAULT '',
    codes text[] NOT NULL DEFAULT '{}',
    times integer NOT NULL CHECK (times > 0),
    before text NOT NULL DEFAULT '',
    after text NOT NULL DEFAULT '',
    example text NOT NULL DEFAULT '',
    PRIMARY KEY (organization_id, workflow_id, position)
);
COMMENT ON TABLE atlas.shadow_differences IS 'What differs between before and after, per workflow, unexplained ones first.';
COMMENT ON COLUMN atlas.shadow_differences.codes IS 'The recorded changes of meaning that explain it; empty for an unexplained difference.';
COMMENT ON COLUMN atlas.shadow_differences.before IS 'Of the first example, whatever came from the person replaced by the name of its field.';
COMMENT ON COLUMN atlas.shadow_differences.example IS 'The recorded execution that shows it.';

SELECT atlas.secure('atlas.shadow_workflows'::regclass);
SELECT atlas.secure('atlas.shadow_differences'::regclass);
GRANT SELECT ON atlas.shadow_workflows, atlas.shadow_differences TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.shadow_workflows NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.shadow_differences NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
