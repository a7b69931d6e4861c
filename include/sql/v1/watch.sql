-- Notes that a server counts, to the minute.
INSERT INTO atlas.v1_watches AS w (id, began_at, seen_at)
VALUES (%(server)s, %(began_at)s, greatest(%(began_at)s, %(now)s))
ON CONFLICT (id) DO UPDATE
    SET seen_at = excluded.seen_at
    WHERE w.seen_at < excluded.seen_at - interval '1 minute'
