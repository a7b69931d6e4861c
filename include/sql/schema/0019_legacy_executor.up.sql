-- The executor of the old format: whose version a version is, and what a workflow's status was before it was executed that way.

ALTER TABLE atlas.workflow_versions ADD COLUMN executor text NOT NULL DEFAULT 'atlas_enhanced'
    CHECK (executor IN ('atlas_legacy', 'atlas_enhanced'));
COMMENT ON COLUMN atlas.workflow_versions.executor IS
    'Who executes it: atlas_legacy where the definition holds the row of the old application as it stood at the fence.';

ALTER TABLE atlas.execution_owners ADD COLUMN status_before text;
COMMENT ON COLUMN atlas.execution_owners.status_before IS
    'What workflows.status said before atlas_legacy took the workflow over; it goes back there when that ends.';

ALTER TABLE atlas.execution_owners ADD COLUMN fallback_version integer;
COMMENT ON COLUMN atlas.execution_owners.fallback_version IS
    'The version with the old meaning that may take over an execution that fails before its first effect; NULL: none.';

CREATE TABLE atlas.fallbacks (
    organization_id uuid NOT NULL,
    execution_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    from_version integer NOT NULL,
    to_version integer NOT NULL,
    node_id text NOT NULL,
    error_class text NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (organization_id, execution_id)
);
CREATE INDEX fallbacks_by_workflow ON atlas.fallbacks (organization_id, workflow_id, at);
COMMENT ON TABLE atlas.fallbacks IS
    'Executions that failed before their first effect and were begun anew with the old meaning, each at most once, and why.';
COMMENT ON COLUMN atlas.fallbacks.node_id IS 'The step that failed; empty where none is to blame.';
SELECT atlas.secure('atlas.fallbacks'::regclass);
GRANT SELECT ON atlas.fallbacks TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new table follows.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.fallbacks NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

-- A change of meaning that nobody signed concerns the new meaning alone: with the old one the workflow may be on.
ALTER TABLE atlas.workflows DROP CONSTRAINT workflows_unsigned_stay_inactive;
ALTER TABLE atlas.workflows ADD CONSTRAINT workflows_unsigned_stay_inactive
    CHECK (NOT (awaiting_sign_off AND status = 'active') OR owner = 'atlas_legacy');
