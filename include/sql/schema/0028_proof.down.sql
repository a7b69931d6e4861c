-- Certificates lose their signatures and their order; the application role writes whole rows again.
DO $$
DECLARE
    target regclass;
    verb text;
BEGIN
    FOR target IN
        SELECT c.oid::regclass
        FROM pg_class AS c
        INNER JOIN pg_attribute AS a ON c.oid = a.attrelid AND a.attname = 'source_table' AND NOT a.attisdropped
        WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'workflows'
            AND c.relname <> 'workflow_versions'
        ORDER BY c.relname
    LOOP
        FOREACH verb IN ARRAY ARRAY['INSERT', 'UPDATE'] LOOP
            IF has_any_column_privilege('atlas_app', target, verb) THEN
                EXECUTE format('REVOKE %s (%s) ON %s FROM atlas_app', verb, atlas.application_columns(target), target);
                EXECUTE format('GRANT %s ON %s TO atlas_app', verb, target);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
DROP FUNCTION atlas.application_columns(regclass);
ALTER TABLE atlas.audit_log ALTER COLUMN actor DROP DEFAULT;
GRANT INSERT (actor) ON atlas.audit_log TO atlas_app;
DROP FUNCTION atlas.acting_name();
DROP INDEX atlas.certificates_by_organization;
ALTER TABLE atlas.certificates DROP COLUMN number, DROP COLUMN signature;
CREATE INDEX certificates_by_organization ON atlas.certificates (organization_id, phase, issued_at DESC);
