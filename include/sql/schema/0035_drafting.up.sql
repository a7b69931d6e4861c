-- Earlier states of drafts, for whoever saves what was read before somebody else saved; who edits a draft; which transaction
-- started and ended an execution, for whoever asks what has happened since.

CREATE TABLE atlas.draft_revisions (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    revision integer NOT NULL,
    definition jsonb NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workflow_id, revision)
);
CREATE INDEX draft_revisions_by_age ON atlas.draft_revisions (replaced_at);
COMMENT ON TABLE atlas.draft_revisions IS
    'What a draft was before it was saved again: the last 50 of a workflow, for 30 days. Written by a database trigger.';
COMMENT ON COLUMN atlas.draft_revisions.revision IS 'The revision of the workflow under which this was its draft.';

CREATE UNLOGGED TABLE atlas.draft_presence (
    organization_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    caller text NOT NULL,
    page text NOT NULL CHECK (char_length(page) BETWEEN 1 AND 100),
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (workflow_id, caller, page)
);
CREATE INDEX draft_presence_by_age ON atlas.draft_presence (seen_at);
COMMENT ON TABLE atlas.draft_presence IS 'Who has a draft open: told again and again, believed for 30 seconds, and lost when the server falls.';
COMMENT ON COLUMN atlas.draft_presence.page IS 'Which of the caller''s pages, as it calls itself.';

SELECT atlas.secure(t::regclass) FROM unnest(ARRAY['atlas.draft_revisions', 'atlas.draft_presence']) AS t;
GRANT SELECT ON atlas.draft_revisions TO atlas_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON atlas.draft_presence TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.draft_revisions NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.draft_presence NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;

CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE ON atlas.draft_revisions
    FOR EACH ROW WHEN (strpos(NEW.definition::text, '"$secret"') > 0) EXECUTE FUNCTION atlas.refuse_foreign_secrets();

CREATE FUNCTION atlas.keep_draft_revision() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
BEGIN
    -- Not as an option of the function: a plain owner may not set a parameter of ours there.
    PERFORM set_config('atlas.acting', 'migration', true);
    INSERT INTO atlas.draft_revisions (organization_id, workflow_id, revision, definition)
    VALUES (OLD.organization_id, OLD.id, OLD.revision, OLD.definition)
    ON CONFLICT (workflow_id, revision) DO UPDATE
    SET organization_id = excluded.organization_id, definition = excluded.definition, replaced_at = excluded.replaced_at;
    DELETE FROM atlas.draft_revisions AS d
    WHERE d.workflow_id = OLD.id AND (d.revision <= OLD.revision - 50 OR d.replaced_at < now() - INTERVAL '30 days');
    PERFORM set_config('atlas.acting', acted, true);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.keep_draft_revision() IS
    'Database trigger: what a draft was is kept when it is replaced, whoever does it, so that a stale save can be merged.';
REVOKE ALL ON FUNCTION atlas.keep_draft_revision() FROM PUBLIC;
CREATE TRIGGER keep_draft_revision AFTER UPDATE OF definition ON atlas.workflows
    FOR EACH ROW WHEN (NEW.revision IS DISTINCT FROM OLD.revision) EXECUTE FUNCTION atlas.keep_draft_revision();

CREATE FUNCTION atlas.forget_drafts() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
BEGIN
    PERFORM set_config('atlas.acting', 'migration', true);
    DELETE FROM atlas.draft_revisions AS d USING gone AS g WHERE d.workflow_id = g.id;
    DELETE FROM atlas.draft_presence AS d USING gone AS g WHERE d.workflow_id = g.id;
    DELETE FROM atlas.v1_documents AS d USING gone AS g WHERE d.workflow_id = g.id;
    PERFORM set_config('atlas.acting', acted, true);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.forget_drafts() IS
    'Database trigger: what is kept of drafts, and what v1 was sent, goes with their workflows, which a rollback removes in one statement.';
REVOKE ALL ON FUNCTION atlas.forget_drafts() FROM PUBLIC;
CREATE TRIGGER forget_drafts AFTER DELETE ON atlas.workflows
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION atlas.forget_drafts();

-- By which transaction an execution began and ended: whoever reads on from a place then misses none that commits late. A BRIN
-- index is no reason to write a row's other index entries anew, so that the end of an execution stays an update in place.
ALTER TABLE atlas.workflow_executions ADD COLUMN started_by bigint, ADD COLUMN ended_by bigint;
COMMENT ON COLUMN atlas.workflow_executions.started_by IS 'The transaction that started it here; NULL for what was migrated.';
COMMENT ON COLUMN atlas.workflow_executions.ended_by IS 'The transaction that wrote its end; NULL while it is under way.';
CREATE INDEX workflow_executions_by_transaction ON atlas.workflow_executions
USING brin (started_by, ended_by) WITH (pages_per_range = 16, autosummarize = on);
