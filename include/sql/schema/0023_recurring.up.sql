-- Snapshots of the recurring workflows that DAGs are made from, so that every component of Airflow finds the one it needs.

CREATE TABLE atlas.recurring_snapshots (
    version text PRIMARY KEY CHECK (version <> ''),
    content text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX recurring_snapshots_by_use ON atlas.recurring_snapshots (used_at);
COMMENT ON TABLE atlas.recurring_snapshots IS
    'Snapshots of recurring workflows, of all organizations; a DAG run reads the one it began with, on whatever machine.';
COMMENT ON COLUMN atlas.recurring_snapshots.version IS 'Names the content: the beginning of its sha256.';
COMMENT ON COLUMN atlas.recurring_snapshots.used_at IS 'When it last was the current one, to the hour; forgotten 30 days after.';
