-- In a restored copy: runs that were under way when the backup was made are over.
UPDATE atlas.phase_runs
SET status = 'cancelled', problem = 'restored from a backup'
WHERE status IN ('running', 'interrupted', 'paused', 'waiting', 'failed')
