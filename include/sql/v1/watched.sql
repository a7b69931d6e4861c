-- Since when servers counted calls of v1, and on how many days since a day given, or since they began, none did.
SELECT
    min(w.began_at) AS began_at, max(w.seen_at) AS seen_at,
    (
        SELECT count(*)
        FROM generate_series(greatest(%(since)s::date, min(w.began_at AT TIME ZONE 'UTC')::date), %(today)s::date, interval '1 day')
            AS d (day)
        WHERE NOT EXISTS (
            SELECT FROM atlas.v1_watches AS on_it
            WHERE (on_it.began_at AT TIME ZONE 'UTC')::date <= d.day AND (on_it.seen_at AT TIME ZONE 'UTC')::date >= d.day
        )
    )::integer AS days_without
FROM atlas.v1_watches AS w
