-- The text of a snapshot that is kept.
SELECT s.content FROM atlas.recurring_snapshots AS s WHERE s.version = %(version)s
