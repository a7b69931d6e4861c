-- Prepares a server for schema atlas. Run it once, in any database, as a superuser (or as a role that has CREATEROLE
-- and BYPASSRLS itself). Running it again changes nothing.

-- The application acts under this role and is held to one organization by row-level security.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'atlas_app') THEN
        CREATE ROLE atlas_app NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
    END IF;
END
$$;

-- "migration_role" migrates: it may become the application (to test isolation), but does not inherit its rights.
GRANT atlas_app TO "migration_role" WITH INHERIT FALSE, SET TRUE; -- noqa: PRS

-- It must see every row of every organization: with `SET row_security = off` a policy that would hide a row raises an
-- error instead, and COPY into a table with forced row-level security is refused without this.
ALTER ROLE "migration_role" BYPASSRLS;

-- It makes schema atlas.
GRANT CREATE ON DATABASE "crm_database" TO "migration_role";
