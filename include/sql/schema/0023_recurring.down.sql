-- Removes the snapshots of recurring workflows.
DROP TABLE IF EXISTS atlas.recurring_snapshots;
