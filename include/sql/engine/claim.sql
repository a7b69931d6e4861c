-- Claims ready executions: a fair share of every organization behind the cursor, the most urgent and oldest first.
WITH RECURSIVE found AS (
    (
        SELECT q.organization_id, 1 AS n
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready AND q.organization_id > %(after)s
        ORDER BY q.organization_id
        LIMIT 1
    )
    UNION ALL
    SELECT following.organization_id, f.n + 1
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT q.organization_id
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready AND q.organization_id > f.organization_id
        ORDER BY q.organization_id
        LIMIT 1
    ) AS following
    WHERE f.n < %(limit)s
),
share AS (
    SELECT count(*) AS organizations, ceil(%(limit)s::numeric / greatest(count(*), 1))::integer AS size
    FROM found
),
chosen AS MATERIALIZED (
    SELECT taken.organization_id, taken.execution_id
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT q.organization_id, q.execution_id
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready AND q.organization_id = f.organization_id
        ORDER BY q.priority DESC, q.id
        LIMIT (SELECT s.size FROM share AS s)
        FOR UPDATE SKIP LOCKED
    ) AS taken
    LIMIT %(limit)s
)
UPDATE atlas.workflow_execution_queue AS q
SET ready = false, leased = true, again = false, fencing = q.fencing + 1,
    due_at = coalesce(%(now)s, now()) + %(lease)s
FROM chosen AS c
WHERE q.organization_id = c.organization_id AND q.execution_id = c.execution_id
RETURNING
    q.organization_id::text, q.execution_id::text, q.fencing, coalesce(%(now)s, now()),
    (SELECT s.organizations FROM share AS s),
    (SELECT f.organization_id::text FROM found AS f ORDER BY f.n DESC LIMIT 1)
