-- Prepares a server for schema atlas. Run it once as a superuser, or (from
-- PostgreSQL 16 on) as a role that has CREATEROLE and BYPASSRLS. Running it
-- again changes nothing.

-- The application acts under this role; row-level security holds it to one
-- organization.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_app') THEN
        CREATE ROLE atlas_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE
            NOREPLICATION NOBYPASSRLS;
    END IF;
END
$$;

-- Whoever migrates may become the application (to test isolation), but does
-- not inherit its rights. PostgreSQL 15 has no such words: a member inherits.
DO $do$
BEGIN
    EXECUTE format(
        'GRANT atlas_app TO %I%s',
        'migration_role',
        CASE
            WHEN current_setting('server_version_num')::integer >= 160000
                THEN ' WITH INHERIT FALSE, SET TRUE'
        END
    );
END
$do$;

-- It must see every row of every organization: with row_security = off a
-- policy that would hide a row raises an error instead, and without this
-- COPY into a table with forced row-level security is refused.
ALTER ROLE "migration_role" BYPASSRLS;

-- It makes schema atlas.
GRANT CREATE ON DATABASE "crm_database" TO "migration_role";
