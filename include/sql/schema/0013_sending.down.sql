-- Removes the send policy. What is held may be sent again; what was skipped was never sent, and is cancelled.
DROP FUNCTION atlas.write_consent_back(uuid, json, text, boolean, timestamptz, text);
DROP FUNCTION atlas.undo_consent_write(uuid, bigint);
DROP FUNCTION atlas.set_legacy_value(regclass, text, text, text);
DROP FUNCTION atlas.heard_from(json, timestamptz);
DROP FUNCTION atlas.whereabouts_of(json);
DROP FUNCTION atlas.consents_of(json);
DROP FUNCTION atlas.people_of(json);
DROP FUNCTION atlas.people_query();
DROP FUNCTION atlas.legacy_consent_columns(regclass);
DROP FUNCTION atlas.legacy_people_tables();
DROP FUNCTION atlas.legacy_time_expression(regclass, text, text);
DROP FUNCTION atlas.legacy_key_expression(regclass, text, text);
DROP TABLE atlas.consent_writes;
DROP TABLE atlas.send_policies;
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
UPDATE atlas.effects SET status = 'intended' WHERE status = 'held';
UPDATE atlas.effects SET status = 'cancelled', error = skip_reason WHERE status = 'skipped';
DROP INDEX atlas.effects_held;
DROP INDEX atlas.effects_skipped;
DROP INDEX atlas.effects_sent;
ALTER TABLE atlas.effects DROP CONSTRAINT effects_held_until;
ALTER TABLE atlas.effects DROP CONSTRAINT effects_status_check;
ALTER TABLE atlas.effects
    DROP COLUMN dispatched_at, DROP COLUMN held_until, DROP COLUMN held_reason, DROP COLUMN skip_reason;
ALTER TABLE atlas.effects ADD CONSTRAINT effects_status_check
    CHECK (status IN ('intended', 'dispatching', 'done', 'failed', 'unknown', 'cancelled'));
