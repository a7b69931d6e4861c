-- Lets every reference be set again, and forgets which secret is a connector's credential.
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflows;
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflow_versions;
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflow_templates;
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflow_triggers;
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflow_variables;
DROP TRIGGER IF EXISTS refuse_foreign_secrets ON atlas.workflow_webhooks;
DROP TRIGGER IF EXISTS keep_secrets_at_home ON atlas.secrets;
DROP FUNCTION IF EXISTS atlas.refuse_foreign_secrets();
DROP FUNCTION IF EXISTS atlas.keep_secrets_at_home();
DROP INDEX IF EXISTS atlas.secrets_by_connector;
ALTER TABLE atlas.secrets DROP COLUMN IF EXISTS connector;
COMMENT ON COLUMN atlas.secrets.id IS NULL;
