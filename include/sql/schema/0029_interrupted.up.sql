-- A run that a person stopped with Ctrl-C is neither running nor failed.
ALTER TABLE atlas.phase_runs
    DROP CONSTRAINT phase_runs_status_check,
    ADD CONSTRAINT phase_runs_status_check CHECK (
        status IN ('running', 'interrupted', 'paused', 'waiting', 'succeeded', 'failed', 'rolled_back', 'cancelled')
    );
