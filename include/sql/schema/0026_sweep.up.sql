-- How recurring schedules stand: the sweep's cursors, occurrences that were passed over or wait their turn, pauses of DAGs.

CREATE TABLE atlas.recurring_schedules (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    workflow_version integer,
    active_since timestamptz,
    decided_through timestamptz,
    next_due_at timestamptz,
    PRIMARY KEY (organization_id, workflow_id, trigger_key)
);
CREATE INDEX recurring_schedules_by_due ON atlas.recurring_schedules (next_due_at, organization_id, workflow_id, trigger_key)
    WHERE next_due_at IS NOT NULL;
COMMENT ON TABLE atlas.recurring_schedules IS
    'How a schedule stands that the sweep starts; one that always had a DAG of its own has no row.';
COMMENT ON COLUMN atlas.recurring_schedules.workflow_version IS
    'The published version that next_due_at was found for; NULL where it has to be found anew.';
COMMENT ON COLUMN atlas.recurring_schedules.active_since IS 'Since when that version counts; nothing due before starts.';
COMMENT ON COLUMN atlas.recurring_schedules.decided_through IS
    'The last occurrence that the sweep decided; where the schedule gets a DAG again, that begins after it.';
COMMENT ON COLUMN atlas.recurring_schedules.next_due_at IS
    'The occurrence that the sweep decides next. NULL: none comes, or the schedule has a DAG of its own.';
CREATE TABLE atlas.recurring_pauses (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    dag_id text NOT NULL,
    paused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, workflow_id, dag_id)
);
COMMENT ON TABLE atlas.recurring_pauses IS
    'DAGs that were paused in Airflow because their workflow was. A pause that is not here is an operator''s, and stays.';

CREATE TABLE atlas.recurring_occurrences (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    anchor text NOT NULL,
    due_at timestamptz NOT NULL,
    cause text NOT NULL CHECK (cause IN ('due', 'backfill', 'by_hand')),
    state text NOT NULL CHECK (state IN ('buffered', 'passed_over')),
    why text NOT NULL,
    tzdata text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, workflow_id, trigger_key, anchor)
);
CREATE UNIQUE INDEX recurring_occurrences_one_buffered
    ON atlas.recurring_occurrences (organization_id, workflow_id, trigger_key) WHERE state = 'buffered';
CREATE INDEX recurring_occurrences_by_age ON atlas.recurring_occurrences (decided_at) WHERE state = 'passed_over';
COMMENT ON TABLE atlas.recurring_occurrences IS
    'Occurrences of recurring workflows that were decided and did not start: passed over, or buffered until an earlier one is over.';
COMMENT ON COLUMN atlas.recurring_occurrences.anchor IS 'Under which it is enrolled when it starts: its due instant, or manual: and the DAG run.';
COMMENT ON COLUMN atlas.recurring_occurrences.state IS 'buffered: it starts when the earlier one is over; passed_over: the schedule does not start it any more.';
COMMENT ON COLUMN atlas.recurring_occurrences.why IS 'For people: what stood in its way.';
COMMENT ON COLUMN atlas.recurring_occurrences.tzdata IS 'The time zone data under which it was decided.';

SELECT atlas.secure(t::regclass)
FROM unnest(ARRAY['atlas.recurring_schedules', 'atlas.recurring_occurrences', 'atlas.recurring_pauses']) AS t;
GRANT SELECT ON atlas.recurring_schedules, atlas.recurring_occurrences, atlas.recurring_pauses TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.recurring_schedules NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.recurring_occurrences NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.recurring_pauses NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
