-- The application role, row-level security by organization on every tenant table, and the application's privileges.

DO $$
DECLARE
    app record;
    is_15 boolean := current_setting('server_version_num')::integer < 160000;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_app') THEN
        BEGIN
            CREATE ROLE atlas_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role atlas_app does not exist and % may not create roles', current_user
                    USING ERRCODE = 'insufficient_privilege', HINT = 'ROLES_SCRIPT';
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server made it in the same moment
        END;
    END IF;
    SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole INTO app FROM pg_roles AS r WHERE r.rolname = 'atlas_app';
    IF app.rolsuper OR app.rolbypassrls OR app.rolcreaterole THEN
        RAISE EXCEPTION 'the role atlas_app can bypass row-level security'
            USING ERRCODE = 'insufficient_privilege',
                HINT = 'ALTER ROLE atlas_app NOSUPERUSER NOBYPASSRLS NOCREATEROLE, then repeat.';
    END IF;
    IF EXISTS (
        SELECT FROM pg_auth_members AS m
        JOIN pg_roles AS held ON held.oid = m.roleid
        WHERE m.member = 'atlas_app'::regrole
            AND (held.rolsuper OR held.rolbypassrls OR held.rolcreaterole OR held.rolname = current_user)
    ) THEN
        RAISE EXCEPTION 'the role atlas_app is a member of a role that can bypass row-level security'
            USING ERRCODE = 'insufficient_privilege', HINT = 'REVOKE that role FROM atlas_app, then repeat.';
    END IF;
    -- Whoever creates a role may administer it but not become it; migration code checks isolation by becoming it.
    -- Before PostgreSQL 16 a member may always become the role, and inherits its rights too.
    IF NOT pg_has_role(current_user, 'atlas_app', CASE WHEN is_15 THEN 'MEMBER' ELSE 'SET' END) THEN
        BEGIN
            EXECUTE format(
                'GRANT atlas_app TO %I%s', current_user, CASE WHEN NOT is_15 THEN ' WITH INHERIT FALSE, SET TRUE' END
            );
        EXCEPTION
            WHEN insufficient_privilege THEN
                RAISE NOTICE '% may not become atlas_app; the output of `atlas schema roles-script` grants it.', current_user;
        END;
    END IF;
END
$$;

-- PostgreSQL 16 has pg_input_is_valid for this; 15 has not. What uuid_in takes: a hyphen may stand after every fourth
-- digit, and braces around all.
CREATE FUNCTION atlas.is_uuid(given text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN given OPERATOR(pg_catalog.~*) '^(?:[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}|\{[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}\})$';
COMMENT ON FUNCTION atlas.is_uuid(text) IS 'Whether a text can be cast to uuid; NULL for NULL.';

CREATE FUNCTION atlas.current_organization() RETURNS uuid
LANGUAGE sql STABLE
RETURN CASE
    WHEN atlas.is_uuid(pg_catalog.current_setting('atlas.organization_id', true))
        THEN pg_catalog.current_setting('atlas.organization_id', true)::pg_catalog.uuid
END;
COMMENT ON FUNCTION atlas.current_organization() IS
    'The organization this transaction acts for; NULL (which sees nothing) where atlas.organization_id is missing or no uuid.';

CREATE FUNCTION atlas.secure(target regclass) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    schema_owner regrole;
    mine text := 'organization_id = (SELECT atlas.current_organization())';
    points_at_mine text := '';
    migrating text := '(SELECT current_setting(''atlas.acting'', true)) = ''migration''';
BEGIN
    SELECT n.nspowner::regrole INTO schema_owner FROM pg_namespace AS n WHERE n.nspname = 'atlas';
    -- The application may only point at workflows and executions that it sees. A foreign key would forbid history whose
    -- workflow is in quarantine, and would cost the backfill a lookup per row; a policy costs it nothing.
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'workflow_id' AND NOT attisdropped) THEN
        points_at_mine := ' AND (workflow_id IS NULL OR EXISTS '
            '(SELECT FROM atlas.workflows AS w WHERE w.id = workflow_id))';
    END IF;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND attname = 'execution_id' AND NOT attisdropped) THEN
        points_at_mine := points_at_mine || ' AND EXISTS '
            '(SELECT FROM atlas.workflow_executions AS e WHERE e.id = execution_id)';
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('DROP POLICY IF EXISTS own_organization ON %s', target);
    EXECUTE format(
        'CREATE POLICY own_organization ON %s TO atlas_app USING (%s) WITH CHECK (%s%s)',
        target, mine, mine, points_at_mine
    );
    EXECUTE format('DROP POLICY IF EXISTS migration_acts ON %s', target);
    EXECUTE format(
        'CREATE POLICY migration_acts ON %s TO %s USING (%s) WITH CHECK (%s)',
        target, schema_owner, migrating, migrating
    );
END
$$;
COMMENT ON FUNCTION atlas.secure(regclass) IS
    'Puts forced row-level security on a table: the application sees its organization, the owner only while it says it migrates.';

CREATE FUNCTION atlas.tenant_tables() RETURNS SETOF regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT c.oid::regclass
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relname;
END;
COMMENT ON FUNCTION atlas.tenant_tables() IS 'Every table of the schema (partitions too) that has an organization_id.';

SELECT atlas.secure(t) FROM atlas.tenant_tables() AS t;

-- What belongs to the system or was made public is readable from every organization, and writable by none of them.
CREATE POLICY shared_templates ON atlas.workflow_templates FOR SELECT TO atlas_app
    USING (organization_id IS NULL OR is_public);
CREATE POLICY system_definitions ON atlas.workflow_action_definitions FOR SELECT TO atlas_app
    USING (organization_id IS NULL AND is_active);
CREATE POLICY system_definitions ON atlas.workflow_trigger_definitions FOR SELECT TO atlas_app
    USING (organization_id IS NULL AND is_active);

CREATE FUNCTION atlas.force_row_security(forced boolean, actor text, reason text) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    target regclass;
    changed integer := 0;
BEGIN
    PERFORM set_config('atlas.acting', 'migration', true);
    FOR target IN SELECT * FROM atlas.tenant_tables() LOOP
        EXECUTE format(
            'ALTER TABLE %s %s ROW LEVEL SECURITY', target, CASE WHEN forced THEN 'FORCE' ELSE 'NO FORCE' END
        );
        changed := changed + 1;
    END LOOP;
    INSERT INTO atlas.audit_log (actor, action, subject_table, reason)
    VALUES (
        force_row_security.actor, CASE WHEN forced THEN 'force_row_security' ELSE 'relax_row_security' END,
        'atlas', force_row_security.reason
    );
    RETURN changed;
END
$$;
COMMENT ON FUNCTION atlas.force_row_security(boolean, text, text) IS
    'For a server whose administrator cannot give BYPASSRLS: lets the owner (only) pass by ownership, or binds it again. Audited.';

-- Privileges: nothing by default, then what the contract gives.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA atlas FROM PUBLIC;
REVOKE ALL ON SCHEMA atlas FROM PUBLIC;
GRANT USAGE ON SCHEMA atlas TO atlas_app;
GRANT EXECUTE ON FUNCTION atlas.is_uuid(text), atlas.current_organization(), atlas.is_migration_role(), atlas.save_draft(uuid, integer, jsonb, uuid)
    TO atlas_app;

-- Columns that only migration, sign-off and cutover may write are left out: owner, awaiting_sign_off, intended_status,
-- counters, organization and source.
GRANT SELECT ON atlas.workflows TO atlas_app;
GRANT INSERT (id, organization_id, name, description, status, category, tags, definition, template_id, is_template,
    template_name, template_description, is_public, created_by, updated_by) ON atlas.workflows TO atlas_app;
GRANT UPDATE (name, description, status, category, tags, definition, revision, published_version, template_id,
    is_template, template_name, template_description, is_public, updated_by) ON atlas.workflows TO atlas_app;
GRANT SELECT, INSERT ON atlas.workflow_execution_logs, atlas.workflow_execution_queue TO atlas_app;
GRANT SELECT ON atlas.workflow_versions, atlas.consents, atlas.audit_log TO atlas_app;
-- Not origin (a version of legacy origin may be rewritten), not the times and names that the database fills in.
GRANT INSERT (id, workflow_id, organization_id, version, definition, definition_hash, changes, created_by)
    ON atlas.workflow_versions TO atlas_app;
GRANT INSERT (organization_id, subject_table, subject_id, channel, state, basis, effective_at, evidence_hash)
    ON atlas.consents TO atlas_app;
GRANT INSERT (organization_id, actor, action, subject_table, subject_id, before_hash, after_hash, reason)
    ON atlas.audit_log TO atlas_app;
GRANT SELECT, INSERT, UPDATE ON atlas.workflow_executions, atlas.workflow_execution_steps TO atlas_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON atlas.workflow_triggers, atlas.workflow_variables, atlas.workflow_conditions,
    atlas.workflow_webhooks, atlas.workflow_schedules, atlas.workflow_rate_limits, atlas.workflow_code_snippets,
    atlas.workflow_templates, atlas.workflow_action_definitions, atlas.workflow_trigger_definitions TO atlas_app;
GRANT SELECT ON atlas.workflow_analytics, atlas.workflow_performance_metrics, atlas.flags, atlas.flag_overrides,
    atlas.migration_ledger, atlas.quarantine, atlas.sign_offs, atlas.certificates, atlas.organization_phases TO atlas_app;
