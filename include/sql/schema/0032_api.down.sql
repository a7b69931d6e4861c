-- Removes the doors of the HTTP API; every key is lost.
ALTER TABLE atlas.audit_log DROP COLUMN written_by;
DROP INDEX atlas.audit_log_by_age;
DROP INDEX atlas.workflows_by_age;
DROP TABLE atlas.api_answers;
DROP TABLE atlas.api_rates;
DROP TABLE atlas.api_keys;
