-- Puts events into the inboxes of live executions and wakes them; a worker that has one looks again. Others are passed over.
WITH news AS MATERIALIZED (
    SELECT n.*
    FROM json_to_recordset(%(news)s) AS n (place integer, organization_id uuid, execution_id uuid, event json)
),
woken AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = NOT q.leased AND q.waits_for IS NULL,
        again = q.leased OR q.waits_for IS NOT DISTINCT FROM 'workflow_paused'
    FROM (SELECT DISTINCT n.organization_id, n.execution_id FROM news AS n) AS x
    WHERE q.organization_id = x.organization_id AND q.execution_id = x.execution_id
    RETURNING q.organization_id, q.execution_id
)
INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
SELECT n.organization_id, n.execution_id, n.event
FROM news AS n
INNER JOIN woken AS w ON w.organization_id = n.organization_id AND w.execution_id = n.execution_id
ORDER BY n.place
RETURNING execution_id::text
