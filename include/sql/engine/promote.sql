-- Makes ready what the clock has something to say to: waits that are due, leases of workers that did not come back, and
-- executions that a limit lets begin now; one that has no place among those at once waits on for it. What is held stays so.
UPDATE atlas.workflow_execution_queue AS q
SET ready = q.admitted, leased = false, again = false, due_at = CASE WHEN q.admitted THEN q.due_at END,
    waits_for = CASE WHEN NOT q.admitted THEN 'concurrency' END
FROM (
    SELECT d.organization_id, d.execution_id
    FROM atlas.workflow_execution_queue AS d
    WHERE NOT d.ready AND d.waits_for IS DISTINCT FROM 'workflow_paused' AND d.due_at <= coalesce(%(now)s, now())
    ORDER BY d.due_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS due
WHERE q.organization_id = due.organization_id AND q.execution_id = due.execution_id
