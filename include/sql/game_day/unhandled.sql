-- How many events nobody has handled yet.
SELECT (SELECT count(*) FROM atlas.event_outbox AS e WHERE e.handled_at IS NULL)
