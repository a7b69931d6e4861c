-- Takes the executor of the old format away, once nothing is executed by it any more.
DO $$
BEGIN
    PERFORM set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
    IF EXISTS (SELECT FROM atlas.workflows AS w WHERE w.owner = 'atlas_legacy') THEN
        RAISE EXCEPTION 'Workflows are executed by atlas_legacy, which this downgrade takes away.'
            USING HINT = 'Give them back first: atlas migrate rollback p2 --execute.';
    END IF;
END
$$;
ALTER TABLE atlas.workflows DROP CONSTRAINT workflows_unsigned_stay_inactive;
ALTER TABLE atlas.workflows ADD CONSTRAINT workflows_unsigned_stay_inactive
    CHECK (NOT (awaiting_sign_off AND status = 'active'));
DROP TABLE atlas.fallbacks;
ALTER TABLE atlas.execution_owners DROP COLUMN fallback_version;
ALTER TABLE atlas.execution_owners DROP COLUMN status_before;
ALTER TABLE atlas.workflow_versions DROP COLUMN executor;
