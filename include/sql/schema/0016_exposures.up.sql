-- Which variant of a split was shown to whom, and the index by which ownership is counted.

CREATE TABLE atlas.exposures (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    node_id text NOT NULL,
    exposure_key text NOT NULL,
    workflow_version integer NOT NULL,
    execution_id uuid NOT NULL,
    subject text NOT NULL,
    variant text NOT NULL,
    shown_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, workflow_id, node_id, exposure_key)
);
COMMENT ON TABLE atlas.exposures IS
    'Every variant that a split showed, written in the transaction of its step; the log that experiments are read from.';
COMMENT ON COLUMN atlas.exposures.exposure_key IS 'Execution, node, rounds and visit: the key of the step, once.';
COMMENT ON COLUMN atlas.exposures.variant IS 'The port by which the subject left the split.';
COMMENT ON COLUMN atlas.exposures.shown_at IS 'When the step was taken.';

CREATE INDEX workflows_by_owner ON atlas.workflows (owner, status, organization_id);

SELECT atlas.secure('atlas.exposures');
GRANT SELECT ON atlas.exposures TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new table follows.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.exposures NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
