-- One request out of a caller's allowance (GCRA): taken is false where none is left, and nothing is counted then. By the
-- database's clock, which all processes share. Where a caller is new, a few are forgotten who have not called for a day.
WITH asked AS (
    SELECT coalesce(%(now)s::timestamptz, statement_timestamp()) AS at
),
taken AS (
    INSERT INTO atlas.api_rates AS r (caller, free_at)
    SELECT %(caller)s, a.at + %(every)s::interval
    FROM asked AS a
    ON CONFLICT (caller) DO UPDATE
        SET free_at = greatest(r.free_at + %(every)s::interval, excluded.free_at)
        WHERE greatest(r.free_at + %(every)s::interval, excluded.free_at)
            <= excluded.free_at - %(every)s::interval + %(burst)s::interval
    RETURNING free_at
),
forgotten AS (
    DELETE FROM atlas.api_rates AS r
    WHERE NOT EXISTS (SELECT FROM atlas.api_rates AS own WHERE own.caller = %(caller)s)
        AND r.caller IN (
            SELECT o.caller
            FROM atlas.api_rates AS o
            CROSS JOIN asked AS a
            WHERE o.free_at < a.at - interval '1 day'
            LIMIT 20
            FOR UPDATE OF o SKIP LOCKED
        )
)
SELECT true AS taken, t.free_at, a.at
FROM taken AS t
CROSS JOIN asked AS a
UNION ALL
SELECT false, r.free_at, a.at
FROM atlas.api_rates AS r
CROSS JOIN asked AS a
WHERE r.caller = %(caller)s AND NOT EXISTS (SELECT FROM taken)
