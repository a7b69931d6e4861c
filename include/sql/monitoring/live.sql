-- Depth and age of the queue and of the effects that wait: exact up to a bound, beyond it by statistics; indexes only.
WITH RECURSIVE waiting AS (
    (
        SELECT q.organization_id, 1 AS n
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready
        ORDER BY q.organization_id
        LIMIT 1
    )
    UNION ALL
    SELECT following.organization_id, w.n + 1
    FROM waiting AS w
    CROSS JOIN LATERAL (
        SELECT q.organization_id
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready AND q.organization_id > w.organization_id
        ORDER BY q.organization_id
        LIMIT 1
    ) AS following
    WHERE w.n < %(organizations)s
),
heads AS (
    SELECT head.organization_id, head.execution_id, head.due_at
    FROM waiting AS w
    CROSS JOIN LATERAL (
        SELECT q.organization_id, q.execution_id, q.due_at
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready AND q.organization_id = w.organization_id
        ORDER BY q.priority DESC, q.id
        LIMIT 1
    ) AS head
),
-- Since when a head has waited is known where the clock woke it, and where it has not begun.
ages AS (
    SELECT 'ready' AS state, max(now() - CASE WHEN s.begun THEN h.due_at ELSE s.started_at END) AS age
    FROM heads AS h
    LEFT JOIN atlas.execution_states AS s
        ON s.organization_id = h.organization_id AND s.execution_id = h.execution_id
    UNION ALL
    SELECT 'due', now() - (
        SELECT q.due_at
        FROM atlas.workflow_execution_queue AS q
        WHERE NOT q.ready AND q.waits_for IS DISTINCT FROM 'workflow_paused' AND q.due_at IS NOT NULL
        ORDER BY q.due_at
        LIMIT 1
    )
),
depths AS (
    SELECT 'ready' AS state, 'atlas.workflow_execution_queue_ready'::regclass AS index, (
        SELECT count(*)
        FROM (SELECT FROM atlas.workflow_execution_queue AS q WHERE q.ready LIMIT %(bound)s) AS found
    ) AS n
    UNION ALL
    SELECT 'parked', 'atlas.workflow_execution_queue_due'::regclass, (
        SELECT count(*)
        FROM (
            SELECT FROM atlas.workflow_execution_queue AS q
            WHERE NOT q.ready AND q.waits_for IS DISTINCT FROM 'workflow_paused' LIMIT %(bound)s
        ) AS found
    )
),
effects AS (
    SELECT 'intended' AS status, count(*) AS n, now() - min(found.since) AS age
    FROM (
        SELECT e.intended_at AS since FROM atlas.effects AS e WHERE e.status = 'intended' AND e.waits_for IS NULL LIMIT %(bound)s
    ) AS found
    UNION ALL
    SELECT 'dispatching', count(*), NULL
    FROM (SELECT FROM atlas.effects AS e WHERE e.status = 'dispatching' LIMIT %(bound)s) AS found
    UNION ALL
    SELECT 'unknown', count(*), now() - min(found.since)
    FROM (
        SELECT e.finished_at AS since FROM atlas.effects AS e WHERE e.status = 'unknown' LIMIT %(bound)s
    ) AS found
)
SELECT 'queue' AS name, ARRAY[d.state] AS labels,
    CASE WHEN d.n < %(bound)s THEN d.n ELSE greatest(d.n, c.reltuples) END::double precision AS value
FROM depths AS d
INNER JOIN pg_class AS c ON c.oid = d.index
UNION ALL
SELECT 'queue_age', ARRAY[a.state], greatest(0, coalesce(extract(EPOCH FROM a.age), 0))
FROM ages AS a
UNION ALL
SELECT 'pending', ARRAY[e.status], e.n
FROM effects AS e
UNION ALL
SELECT 'pending_age', ARRAY[e.status], greatest(0, coalesce(extract(EPOCH FROM e.age), 0))
FROM effects AS e
WHERE e.status <> 'dispatching'
