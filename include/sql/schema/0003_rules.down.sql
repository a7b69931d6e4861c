-- Removes the rules; their triggers go with them.
DROP FUNCTION IF EXISTS atlas.refuse_rewriting_history() CASCADE;
DROP FUNCTION IF EXISTS atlas.keep_versions_immutable() CASCADE;
DROP FUNCTION IF EXISTS atlas.save_draft(uuid, integer, jsonb, uuid);
DROP FUNCTION IF EXISTS atlas.refuse_stale_draft() CASCADE;
DROP FUNCTION IF EXISTS atlas.touch_updated_at() CASCADE;
DROP FUNCTION IF EXISTS atlas.note_explicit_updated_at() CASCADE;
DROP FUNCTION IF EXISTS atlas.is_migration_role();
