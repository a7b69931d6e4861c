-- Removes the feed of the consent ledger; the ledger itself belongs to 0002.
DROP VIEW IF EXISTS atlas.consent_states;
DROP FUNCTION IF EXISTS atlas.record_legacy_consents(text, text[]);
DROP FUNCTION IF EXISTS atlas.legacy_consent_query(regclass);
DROP FUNCTION IF EXISTS atlas.legacy_organization_expression(regclass, text);
DROP FUNCTION IF EXISTS atlas.legacy_column(regclass, text[]);
