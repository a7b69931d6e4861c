-- The connected role: superuser, BYPASSRLS, or owner of tenant tables none of which forces row-level security.
SELECT
    r.rolname AS name,
    r.rolsuper AS is_superuser,
    r.rolbypassrls AS bypasses_row_security,
    EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'atlas')
    AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'atlas' AND c.relkind IN ('r', 'p')
            AND (
                (c.relrowsecurity AND c.relforcerowsecurity)
                OR NOT pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE')
            )
    ) AS owns_unforced_tables
FROM pg_catalog.pg_roles AS r
WHERE r.rolname = current_user
