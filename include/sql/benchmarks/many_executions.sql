-- Executions of an organization over the last days before an instant: evenly, but for a twentieth that all began at one instant,
-- as those of an audience do.
INSERT INTO atlas.workflow_executions (
    organization_id, workflow_id, workflow_version, status, outcome, subject, triggered_by, started_at, completed_at
)
SELECT
    w.organization_id, w.id, 1, 'completed', 'completed', 'member ' || n, 'schedule', s.started_at,
    s.started_at + interval '3 s'
FROM generate_series(1, %(many)s::integer) AS n
CROSS JOIN LATERAL (
    SELECT
        %(last)s::timestamptz - CASE
            WHEN mod(n, 20) = 0 THEN interval '36 h'
            ELSE %(days)s::integer * interval '1 day' * n / %(many)s::integer
        END AS started_at
) AS s
INNER JOIN (
    SELECT o.organization_id, o.id, row_number() OVER (ORDER BY o.id) AS place
    FROM atlas.workflows AS o
    WHERE o.organization_id = %(organization)s
    LIMIT 100
) AS w ON w.place = 1 + mod(n, 100)
