-- Notes a batch of counts of a server with that server; no row where it was noted before, for then its counts are added.
INSERT INTO atlas.v1_watches AS w (id, began_at, seen_at, batch)
VALUES (%(server)s, %(began_at)s, greatest(%(began_at)s, %(now)s), %(batch)s)
ON CONFLICT (id) DO UPDATE
    SET seen_at = greatest(w.seen_at, excluded.seen_at), batch = excluded.batch
    WHERE w.batch < excluded.batch
