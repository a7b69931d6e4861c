-- Forgets whom audiences found at occurrences that began before an instant, some occurrences at a time.
WITH old AS MATERIALIZED (
    SELECT r.organization_id, r.id
    FROM atlas.audience_runs AS r
    WHERE r.begun_at < %(before)s
    ORDER BY r.begun_at
    LIMIT %(limit)s
),
members AS (
    DELETE FROM atlas.audience_members AS m
    USING old AS o
    WHERE m.organization_id = o.organization_id AND m.run_id = o.id
)
DELETE FROM atlas.audience_runs AS r
USING old AS o
WHERE r.organization_id = o.organization_id AND r.id = o.id
