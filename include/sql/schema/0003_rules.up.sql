-- Rules the tables keep by themselves: owner test, touched timestamps, stale drafts, immutable versions, append-only logs.

CREATE FUNCTION atlas.is_migration_role() RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT pg_has_role(current_user, n.nspowner, 'USAGE') FROM pg_namespace AS n WHERE n.nspname = 'atlas'
);
COMMENT ON FUNCTION atlas.is_migration_role() IS 'Whether the current role is the owner of schema atlas (or a superuser).';

-- A row's updated_at moves to now() unless the statement itself names updated_at in its SET list: a migration that
-- carries the legacy timestamp over keeps the last-modified order. The first of the two triggers (they fire in
-- order of their names) only fires for such statements and leaves word for the second.
CREATE FUNCTION atlas.note_explicit_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('atlas.explicit_updated_at', 'yes', true);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.note_explicit_updated_at() IS 'Database trigger: the statement names updated_at itself.';

CREATE FUNCTION atlas.touch_updated_at() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('atlas.explicit_updated_at', true) = 'yes' THEN
        PERFORM set_config('atlas.explicit_updated_at', '', true);
    ELSE
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.touch_updated_at() IS 'Database trigger: an updated row gets updated_at = now(), unless the statement names updated_at.';

DO $$
DECLARE
    touched regclass;
BEGIN
    FOR touched IN
        SELECT a.attrelid::regclass
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND a.attname = 'updated_at' AND c.relname <> 'backfill_cursors'
        ORDER BY c.relname
    LOOP
        EXECUTE format(
            'CREATE TRIGGER touch_1_explicit BEFORE UPDATE OF updated_at ON %s '
            'FOR EACH ROW EXECUTE FUNCTION atlas.note_explicit_updated_at()', touched
        );
        EXECUTE format(
            'CREATE TRIGGER touch_2_now BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION atlas.touch_updated_at()',
            touched
        );
    END LOOP;
END
$$;

CREATE FUNCTION atlas.refuse_stale_draft() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF atlas.is_migration_role() THEN
        RETURN NEW;
    END IF;
    IF NEW.organization_id <> OLD.organization_id THEN
        RAISE EXCEPTION 'A workflow does not move to another organization.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NEW.definition IS DISTINCT FROM OLD.definition AND NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'The draft is at revision %, so the next one is %, not %.',
            OLD.revision, OLD.revision + 1, NEW.revision
            USING ERRCODE = 'serialization_failure', HINT = 'Read the draft again and repeat the change.';
    END IF;
    IF NEW.revision < OLD.revision THEN
        RAISE EXCEPTION 'A revision never goes back.' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.refuse_stale_draft() IS
    'Database trigger: a changed draft must carry the next revision. Migration is exempt: until cutover the legacy side decides.';
CREATE TRIGGER refuse_stale_draft BEFORE UPDATE ON atlas.workflows
    FOR EACH ROW EXECUTE FUNCTION atlas.refuse_stale_draft();

CREATE FUNCTION atlas.save_draft(workflow uuid, expected_revision integer, new_definition jsonb, author uuid)
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    saved integer;
BEGIN
    UPDATE atlas.workflows AS w
    SET definition = new_definition, revision = w.revision + 1, updated_by = author
    WHERE w.id = workflow AND w.revision = expected_revision
    RETURNING w.revision INTO saved;
    IF saved IS NOT NULL THEN
        RETURN saved;
    END IF;
    IF EXISTS (SELECT FROM atlas.workflows AS w WHERE w.id = workflow) THEN
        RAISE EXCEPTION 'The draft has moved on from revision %.', expected_revision
            USING ERRCODE = 'serialization_failure', HINT = 'Read the draft again and repeat the change.';
    END IF;
    RAISE EXCEPTION 'There is no workflow %.', workflow USING ERRCODE = 'no_data_found';
END
$$;
COMMENT ON FUNCTION atlas.save_draft(uuid, integer, jsonb, uuid) IS
    'Saves a draft read at expected_revision and returns the new revision; raises serialization_failure (40001) where somebody was faster.';

CREATE FUNCTION atlas.keep_versions_immutable() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF atlas.is_migration_role() AND (TG_OP = 'DELETE' OR (OLD.origin = 'legacy' AND NEW.origin = 'legacy')) THEN
        RETURN coalesce(NEW, OLD);
    END IF;
    RAISE EXCEPTION 'Version % of workflow % is published and does not change.', OLD.version, OLD.workflow_id
        USING ERRCODE = 'restrict_violation', HINT = 'Publish another version.';
END
$$;
COMMENT ON FUNCTION atlas.keep_versions_immutable() IS
    'Database trigger: nobody changes a version published here; migration may rewrite a legacy one and a rollback may remove any.';
CREATE TRIGGER keep_versions_immutable BEFORE UPDATE OR DELETE ON atlas.workflow_versions
    FOR EACH ROW EXECUTE FUNCTION atlas.keep_versions_immutable();

CREATE FUNCTION atlas.refuse_rewriting_history() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'atlas.% is append-only: % is refused.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Add an entry that corrects the earlier one.';
END
$$;
COMMENT ON FUNCTION atlas.refuse_rewriting_history() IS 'Database trigger: UPDATE, DELETE and TRUNCATE raise for everybody, the owner included.';
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON atlas.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION atlas.refuse_rewriting_history();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON atlas.consents
    FOR EACH STATEMENT EXECUTE FUNCTION atlas.refuse_rewriting_history();
-- ALWAYS: they also fire in sessions that replicate (session_replication_role = replica).
ALTER TABLE atlas.audit_log ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE atlas.consents ENABLE ALWAYS TRIGGER append_only;

-- lz4 packs large JSON 1.2 to 1.3 times faster than pglz; the embedded server is built without it.
DO $$
DECLARE
    packed record;
BEGIN
    FOR packed IN
        SELECT a.attrelid::regclass AS owner_table, a.attname
        FROM pg_attribute AS a
        JOIN pg_class AS c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0
            AND NOT a.attisdropped
            AND (a.atttypid IN ('jsonb'::regtype, 'bytea'::regtype) OR (c.relname, a.attname) = ('originals', 'content'))
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET COMPRESSION lz4', packed.owner_table, packed.attname);
    END LOOP;
EXCEPTION
    WHEN feature_not_supported THEN
        RAISE NOTICE 'This server has no lz4; large values are compressed with pglz.';
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA atlas FROM PUBLIC;
