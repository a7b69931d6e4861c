-- Removes the letters of failed executions that began in a span which is dropped.
DELETE FROM atlas.dead_letters AS d
WHERE d.started_at >= %(low)s AND d.started_at < %(high)s
