-- Forgets snapshots that were not the current one for a while.
DELETE FROM atlas.recurring_snapshots AS s WHERE s.used_at < now() - %(kept)s::interval
