-- Saved audience queries, and whom each of them found at each occurrence of a recurring workflow.

CREATE TABLE atlas.audiences (
    organization_id uuid NOT NULL,
    name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    query jsonb NOT NULL CHECK (jsonb_typeof(query) = 'object'),
    saved_by text NOT NULL,
    saved_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, name)
);
COMMENT ON TABLE atlas.audiences IS 'Saved audience queries over leads, clients and contacts; a schedule trigger names one.';
COMMENT ON COLUMN atlas.audiences.query IS 'As in docs/reference/audiences.md; checked before it is written.';
COMMENT ON COLUMN atlas.audiences.revision IS 'Grows with every change; who changes it says which one he has read.';

CREATE TABLE atlas.audience_runs (
    organization_id uuid NOT NULL,
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    occurrence text NOT NULL,
    cause text NOT NULL,
    asked_at timestamptz NOT NULL,
    time_zone text NOT NULL,
    audience text NOT NULL,
    audience_revision integer NOT NULL,
    query jsonb NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    after_id text,
    matched integer NOT NULL DEFAULT 0,
    started integer NOT NULL DEFAULT 0,
    enrolled integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    not_again integer NOT NULL DEFAULT 0,
    stopped text,
    asked_all_at timestamptz,
    outcomes jsonb,
    looked_at timestamptz,
    PRIMARY KEY (organization_id, workflow_id, trigger_key, occurrence),
    UNIQUE (organization_id, id)
);
CREATE INDEX audience_runs_by_time ON atlas.audience_runs (begun_at);
CREATE INDEX audience_runs_open ON atlas.audience_runs (begun_at) WHERE asked_all_at IS NULL;
COMMENT ON TABLE atlas.audience_runs IS
    'One audience asked at one occurrence: how far the enrolment has come, and what came of those enrolled.';
COMMENT ON COLUMN atlas.audience_runs.occurrence IS 'The anchor of enrolment: the due instant, or manual: and the DAG run''s id.';
COMMENT ON COLUMN atlas.audience_runs.asked_at IS 'The moment that the query''s dates are relative to: the due instant.';
COMMENT ON COLUMN atlas.audience_runs.query IS 'The query as it was saved when the enrolment began; a change of it meanwhile counts next time.';
COMMENT ON COLUMN atlas.audience_runs.after_id IS 'The cursor: everybody up to this id was asked; written with their enrolments.';
COMMENT ON COLUMN atlas.audience_runs.enrolled IS 'Who entered the workflow by this occurrence before, through another trigger of it.';
COMMENT ON COLUMN atlas.audience_runs.refused IS 'Whom the queue refused: the workflow was paused, archived or given back meanwhile.';
COMMENT ON COLUMN atlas.audience_runs.not_again IS 'Whom the workflow''s policy for coming again kept out.';
COMMENT ON COLUMN atlas.audience_runs.stopped IS 'Why not everybody was asked.';
COMMENT ON COLUMN atlas.audience_runs.outcomes IS 'How many had which outcome when it was looked at last.';

CREATE TABLE atlas.audience_members (
    organization_id uuid NOT NULL,
    run_id uuid NOT NULL,
    subject text NOT NULL,
    execution_id uuid NOT NULL,
    answer text NOT NULL CHECK (answer IN ('started', 'enrolled', 'refused', 'not_again')),
    PRIMARY KEY (organization_id, run_id, subject)
);
COMMENT ON TABLE atlas.audience_members IS
    'Whom an audience found at an occurrence, written in the transaction that enrols them.';
COMMENT ON COLUMN atlas.audience_members.answer IS 'What the queue said: started, enrolled (it was before), or refused; not_again: the workflow''s policy.';

SELECT atlas.secure(t::regclass)
FROM unnest(ARRAY['atlas.audiences', 'atlas.audience_runs', 'atlas.audience_members']) AS t;
GRANT SELECT ON atlas.audiences, atlas.audience_runs, atlas.audience_members TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.audiences NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.audience_runs NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.audience_members NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

CREATE FUNCTION atlas.yearly_day(written text) RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT CASE
        WHEN d.day <> 229 OR mod(d.year, 4) = 0 AND (mod(d.year, 100) <> 0 OR mod(d.year, 400) = 0)
            THEN d.year * 10000 + d.day
    END
    FROM (
        SELECT
            CASE WHEN found.parts[1] ~ '^[0-9]' THEN left(found.parts[1], 4)::integer ELSE 0 END AS year,
            found.parts[2]::integer * 100 + found.parts[3]::integer AS day
        FROM (SELECT regexp_match(yearly_day.written, '^([0-9]{4}-|--|)([0-9]{2})-([0-9]{2})(?:[T ].*)?$') AS parts) AS found
        WHERE found.parts IS NOT NULL
    ) AS d
);
COMMENT ON FUNCTION atlas.yearly_day(text) IS
    'A date that comes every year, written as 1988-02-29, --02-29 or 02-29: 19880229, or 229 without a year; NULL for no date.';
REVOKE ALL ON FUNCTION atlas.yearly_day(text) FROM PUBLIC;
