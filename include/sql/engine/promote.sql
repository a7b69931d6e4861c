-- Makes ready what the clock has something to say to: waits that are due, and leases of workers that did not come back.
UPDATE atlas.workflow_execution_queue AS q
SET ready = true, leased = false, again = false
FROM (
    SELECT d.organization_id, d.execution_id
    FROM atlas.workflow_execution_queue AS d
    WHERE NOT d.ready AND d.due_at <= coalesce(%(now)s, now())
    ORDER BY d.due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS due
WHERE q.organization_id = due.organization_id AND q.execution_id = due.execution_id
