-- A reference to another organization's secret is refused wherever one can be set; connectors' credentials are told from secrets.

ALTER TABLE atlas.secrets ADD COLUMN connector text;
COMMENT ON COLUMN atlas.secrets.connector IS
    'The connector whose credential it is; such a secret is found by this name, and a reference to its id opens nothing.';
COMMENT ON COLUMN atlas.secrets.id IS 'Random, or made with a key from the place it was found at: it cannot be computed from the ids of rows.';
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
-- Until now a credential was known by an id computed from organization and connector, and by its hint.
UPDATE atlas.secrets SET connector = split_part(hint, ' ', 1)
WHERE phase IS NULL AND hint ~ '^[a-z0-9_]+ •••$' AND substr(id::text, 15, 1) = '5';
CREATE UNIQUE INDEX secrets_by_connector ON atlas.secrets (organization_id, connector) WHERE connector IS NOT NULL;

CREATE FUNCTION atlas.refuse_foreign_secrets() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
    written jsonb := to_jsonb(NEW);
    foreign_one boolean;
BEGIN
    -- Not as an option of the function: a plain owner may not set a parameter of ours there.
    PERFORM set_config('atlas.acting', 'migration', true);
    SELECT EXISTS (
        SELECT FROM atlas.secrets AS s
        WHERE s.id IN (
            SELECT (told.reference #>> '{}')::uuid
            FROM jsonb_path_query(written, 'lax $.**."$secret"') AS told (reference)
            WHERE atlas.is_uuid(told.reference #>> '{}')
            UNION ALL
            SELECT (written ->> 'secret_id')::uuid
            UNION ALL
            SELECT (written ->> 'webhook_secret_id')::uuid
        )
        AND (s.organization_id IS DISTINCT FROM NEW.organization_id OR s.connector IS NOT NULL)
    ) INTO foreign_one;
    PERFORM set_config('atlas.acting', acted, true);
    IF foreign_one THEN
        RAISE EXCEPTION 'A row of atlas.% refers to a secret that is not its organization''s.', TG_TABLE_NAME
            USING ERRCODE = 'check_violation', HINT = 'Seal the secret for this organization and refer to that one.';
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.refuse_foreign_secrets() IS
    'Database trigger: a reference to a secret of another organization, or to a connector''s credential, is refused for everybody.';
REVOKE ALL ON FUNCTION atlas.refuse_foreign_secrets() FROM PUBLIC;

-- Only rows that refer to a secret at all pay for the look; nearly none does.
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE OF definition, organization_id ON atlas.workflows
    FOR EACH ROW WHEN (strpos(NEW.definition::text, '"$secret"') > 0) EXECUTE FUNCTION atlas.refuse_foreign_secrets();
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE OF definition, organization_id ON atlas.workflow_versions
    FOR EACH ROW WHEN (strpos(NEW.definition::text, '"$secret"') > 0) EXECUTE FUNCTION atlas.refuse_foreign_secrets();
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE ON atlas.workflow_templates
    FOR EACH ROW WHEN (
        strpos(NEW.definition::text || NEW.default_settings::text || NEW.required_variables::text || NEW.manifest::text, '"$secret"') > 0
    ) EXECUTE FUNCTION atlas.refuse_foreign_secrets();
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE OF trigger_config, schedule, webhook_secret_id, organization_id
    ON atlas.workflow_triggers
    FOR EACH ROW WHEN (NEW.webhook_secret_id IS NOT NULL OR strpos(NEW.trigger_config::text || coalesce(NEW.schedule::text, ''), '"$secret"') > 0)
    EXECUTE FUNCTION atlas.refuse_foreign_secrets();
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE ON atlas.workflow_variables
    FOR EACH ROW WHEN (
        NEW.secret_id IS NOT NULL
        OR strpos(concat(NEW.default_value::text, NEW.current_value::text, NEW.validation_rules::text), '"$secret"') > 0
    ) EXECUTE FUNCTION atlas.refuse_foreign_secrets();
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE ON atlas.workflow_webhooks
    FOR EACH ROW WHEN (
        NEW.secret_id IS NOT NULL OR strpos(concat(NEW.transform_payload::text, NEW.filter_conditions::text), '"$secret"') > 0
    ) EXECUTE FUNCTION atlas.refuse_foreign_secrets();

-- A secret stays its organization's: moved, the references to it would come to point at another's.
CREATE FUNCTION atlas.keep_secrets_at_home() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'A secret does not move to another organization.' USING ERRCODE = 'check_violation';
END
$$;
COMMENT ON FUNCTION atlas.keep_secrets_at_home() IS 'Database trigger: the organization of a secret never changes.';
REVOKE ALL ON FUNCTION atlas.keep_secrets_at_home() FROM PUBLIC;
CREATE TRIGGER keep_secrets_at_home BEFORE UPDATE OF organization_id ON atlas.secrets
    FOR EACH ROW WHEN (NEW.organization_id <> OLD.organization_id) EXECUTE FUNCTION atlas.keep_secrets_at_home();
