-- Takes the policies and the application's privileges away; the role itself belongs to the server and stays.
DO $$
DECLARE
    made record;
    target regclass;
BEGIN
    FOR made IN
        SELECT p.polname, p.polrelid::regclass AS on_table
        FROM pg_policy AS p
        JOIN pg_class AS c ON c.oid = p.polrelid
        WHERE c.relnamespace = 'atlas'::regnamespace
    LOOP
        EXECUTE format('DROP POLICY %I ON %s', made.polname, made.on_table);
    END LOOP;
    FOR target IN SELECT * FROM atlas.tenant_tables() LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', target);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', target);
    END LOOP;
END
$$;
REVOKE ALL ON ALL TABLES IN SCHEMA atlas FROM atlas_app;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA atlas FROM atlas_app;
REVOKE ALL ON SCHEMA atlas FROM atlas_app;
DROP FUNCTION IF EXISTS atlas.force_row_security(boolean, text, text);
DROP FUNCTION IF EXISTS atlas.tenant_tables();
DROP FUNCTION IF EXISTS atlas.secure(regclass);
DROP FUNCTION IF EXISTS atlas.current_organization();
DROP FUNCTION IF EXISTS atlas.is_uuid(text);
