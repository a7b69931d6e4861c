-- What phase 4 found about every schedule that came from the old application, and which of them it let fire.

CREATE TABLE atlas.schedule_activations (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    legacy_id text NOT NULL,
    standing text NOT NULL CHECK (
        standing IN ('wakes_up', 'goes_on', 'comes_over', 'fires_here', 'unsigned', 'off', 'elsewhere', 'unreadable', 'over')
    ),
    why text NOT NULL,
    timezone text,
    words text NOT NULL DEFAULT '',
    fire_times jsonb NOT NULL DEFAULT '{}',
    phase_run_id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    activated_at timestamptz,
    PRIMARY KEY (organization_id, workflow_id, trigger_key)
);
COMMENT ON TABLE atlas.schedule_activations IS
    'Every schedule that came from the old application, as phase 4 saw it last: what becomes of it, and when it fires, before and after.';
COMMENT ON COLUMN atlas.schedule_activations.standing IS
    'wakes_up: never fired, signed · goes_on: fired until its cutover · comes_over: the old application fires it, and its workflow is '
    'taken over · fires_here: a person published it here · unsigned, off, elsewhere, unreadable, over: does not fire here.';
COMMENT ON COLUMN atlas.schedule_activations.timezone IS 'The zone by which it fires here; NULL where its schedule cannot be read.';
COMMENT ON COLUMN atlas.schedule_activations.fire_times IS
    '{"configured": {"timezone", "words", "at"}, "executed", "last_fired_at", "after"}: ten instants each, those of the old application first.';
COMMENT ON COLUMN atlas.schedule_activations.activated_at IS 'Since when phase 4 lets it fire here; NULL where it does not.';

SELECT atlas.secure('atlas.schedule_activations'::regclass);
GRANT SELECT ON atlas.schedule_activations TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new table follows.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.schedule_activations NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
