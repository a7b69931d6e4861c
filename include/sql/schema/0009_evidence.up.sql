-- What really happened in the old application: what a survey of its history found, and the class of every trigger.

CREATE TABLE atlas.workflow_evidence (
    legacy_id text PRIMARY KEY,
    organization_id uuid,
    column_type text,
    seen text NOT NULL DEFAULT 'nothing' CHECK (seen IN ('fires', 'silent', 'nothing')),
    executions bigint NOT NULL DEFAULT 0,
    by_hand bigint NOT NULL DEFAULT 0,
    started_by_event bigint NOT NULL DEFAULT 0,
    started_recently bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    subjects_recently bigint NOT NULL DEFAULT 0,
    last_started_at timestamptz,
    events_low bigint NOT NULL DEFAULT 0,
    events_high bigint NOT NULL DEFAULT 0,
    steps jsonb NOT NULL DEFAULT '{}',
    classes jsonb NOT NULL DEFAULT '{}',
    observed_until timestamptz
);
CREATE INDEX workflow_evidence_by_organization ON atlas.workflow_evidence (organization_id);
COMMENT ON TABLE atlas.workflow_evidence IS
    'Per legacy workflow: what its history shows. Surveyed once per phase run, before anything is translated.';
COMMENT ON COLUMN atlas.workflow_evidence.legacy_id IS 'The id of the row of the legacy table workflows.';
COMMENT ON COLUMN atlas.workflow_evidence.seen IS 'What became of the events that the column trigger_type asks for.';
COMMENT ON COLUMN atlas.workflow_evidence.executions IS 'All executions, whatever started them; pending ones that nobody picked up are left out.';
COMMENT ON COLUMN atlas.workflow_evidence.started_recently IS 'Started by an event within the 90 days before observed_until.';
COMMENT ON COLUMN atlas.workflow_evidence.subjects_recently IS 'How many different leads or contacts these were about.';
COMMENT ON COLUMN atlas.workflow_evidence.events_low IS 'Events of these 90 days that the filters of the column certainly let through.';
COMMENT ON COLUMN atlas.workflow_evidence.steps IS 'Node id to how often it was done, skipped, failed.';
COMMENT ON COLUMN atlas.workflow_evidence.classes IS 'What translation reads of all this: classes, no counts and no dates.';
COMMENT ON COLUMN atlas.workflow_evidence.observed_until IS
    'The latest execution or event of the whole database; a copy that stands still does not lose its evidence by waiting.';

CREATE TABLE atlas.organization_events (
    organization_id uuid NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL DEFAULT '',
    events bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (organization_id, kind, detail)
);
COMMENT ON TABLE atlas.organization_events IS
    'Leads, forms, bookings, clients and messages of 90 days, counted in the CRM''s own tables: what would start workflows.';
COMMENT ON COLUMN atlas.organization_events.detail IS 'The source of a lead, the id of a form; empty where none is told apart.';

CREATE TABLE atlas.trigger_evidence (
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    organization_id uuid NOT NULL,
    trigger_type text NOT NULL,
    evidence text NOT NULL DEFAULT 'unknown' CHECK (evidence IN ('fires', 'silent', 'cannot_fire', 'unknown')),
    rule text NOT NULL DEFAULT '',
    event_kind text,
    event_details text[],
    is_certain boolean NOT NULL DEFAULT false,
    messages_low integer NOT NULL DEFAULT 0,
    messages_high integer NOT NULL DEFAULT 0,
    forecast jsonb,
    source_table text,
    source_id text,
    PRIMARY KEY (workflow_id, trigger_key)
);
CREATE INDEX trigger_evidence_by_organization ON atlas.trigger_evidence (organization_id, evidence);
CREATE INDEX trigger_evidence_by_source ON atlas.trigger_evidence (source_id);
COMMENT ON TABLE atlas.trigger_evidence IS
    'Per trigger of a migrated workflow: whether it fired in the old application, the rule that says so, and a forecast.';
COMMENT ON COLUMN atlas.trigger_evidence.event_kind IS 'Which events of organization_events would start it; NULL where none can be counted.';
COMMENT ON COLUMN atlas.trigger_evidence.is_certain IS 'Whether every such event starts it; false where further filters stand in its way.';
COMMENT ON COLUMN atlas.trigger_evidence.messages_low IS 'Messages that every start sends; messages_high those of all branches together.';
COMMENT ON COLUMN atlas.trigger_evidence.forecast IS
    '{"events_a_day", "messages_per_start", "messages_a_day"}, each [low, high]; written when rows have moved.';

SELECT atlas.secure('atlas.workflow_evidence'::regclass);
SELECT atlas.secure('atlas.organization_events'::regclass);
SELECT atlas.secure('atlas.trigger_evidence'::regclass);
GRANT SELECT ON atlas.workflow_evidence, atlas.organization_events, atlas.trigger_evidence TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.workflow_evidence NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.organization_events NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.trigger_evidence NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
