-- Takes back 0012_ownership.up.sql; what a cutover wrote to legacy tables must have been put back by a rollback before.
DO $$
DECLARE
    standing bigint;
BEGIN
    PERFORM set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
    SELECT count(*) INTO standing FROM atlas.legacy_writes WHERE restored_at IS NULL;
    IF standing > 0 THEN
        RAISE EXCEPTION '% values that a cutover wrote to legacy tables were not put back', standing
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Roll phase p2_core back first.';
    END IF;
END
$$;
ALTER TABLE atlas.workflows DROP CONSTRAINT workflows_born_here_are_ours;
DROP TRIGGER own_what_was_born_here ON atlas.workflows;
DROP FUNCTION atlas.accepts_event(uuid, timestamptz, text), atlas.execution_owner(uuid, text);
DROP TABLE atlas.rollouts, atlas.legacy_writes, atlas.execution_owners;
DROP FUNCTION atlas.keep_owner(), atlas.own_what_was_born_here();
