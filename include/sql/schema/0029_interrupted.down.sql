-- Interrupted runs become failed ones, which go on at the same step.
UPDATE atlas.phase_runs SET status = 'failed', problem = coalesce(problem, 'interrupted') WHERE status = 'interrupted';
ALTER TABLE atlas.phase_runs
    DROP CONSTRAINT phase_runs_status_check,
    ADD CONSTRAINT phase_runs_status_check CHECK (
        status IN ('running', 'paused', 'waiting', 'succeeded', 'failed', 'rolled_back', 'cancelled')
    );
