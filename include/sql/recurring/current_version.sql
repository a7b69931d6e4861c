-- The version of the snapshot that was the current one last.
SELECT s.version FROM atlas.recurring_snapshots AS s ORDER BY s.used_at DESC LIMIT 1
