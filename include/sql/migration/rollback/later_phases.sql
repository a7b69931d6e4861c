-- Other phases than these that stand for any of the organizations or have rows of theirs, and for how many; or whose
-- latest run did not end. A phase that this release does not know counts too: a later release wrote it.
WITH present AS (
    SELECT
        standing.phase,
        standing.organization_id
    FROM atlas.organization_phases AS standing
    WHERE standing.status = 'applied'
    UNION
    SELECT
        ledger.phase,
        ledger.organization_id
    FROM atlas.migration_ledger AS ledger
    WHERE
        ledger.rolled_back_at IS NULL
        AND ledger.source_deleted_at IS NULL
        AND ledger.phase != all(%(earlier)s)
),

latest AS (
    SELECT DISTINCT ON (run.phase)
        run.phase,
        run.status,
        run.scope
    FROM atlas.phase_runs AS run
    WHERE NOT run.dry_run
    ORDER BY run.phase ASC, run.started_at DESC
)

SELECT
    present.phase,
    count(*) AS organizations,
    NULL AS status
FROM present
WHERE
    present.phase != all(%(earlier)s)
    AND (%(organizations)s::text [] IS NULL OR present.organization_id::text = any(%(organizations)s::text []))
GROUP BY present.phase
UNION ALL
SELECT
    latest.phase,
    0 AS organizations,
    latest.status
FROM latest
WHERE
    latest.phase != all(%(earlier)s)
    AND latest.status IN ('running', 'interrupted', 'paused', 'waiting', 'failed')
    AND (
        %(organizations)s::text [] IS NULL
        OR jsonb_array_length(coalesce(latest.scope -> 'organizations', '[]')) = 0
        OR latest.scope -> 'organizations' ?| %(organizations)s::text []
    )
ORDER BY phase ASC, organizations DESC
