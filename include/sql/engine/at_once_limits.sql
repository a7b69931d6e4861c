-- How many executions of each workflow may be under way at once, as its published version says; how many are, and how many wait.
SELECT
    w.id::text AS workflow, w.at_once,
    (
        SELECT count(*) FROM atlas.workflow_execution_queue AS q
        WHERE q.organization_id = w.organization_id AND q.counted_for = w.id AND q.admitted
    ) AS under_way,
    (
        SELECT count(*) FROM atlas.workflow_execution_queue AS q
        WHERE q.organization_id = w.organization_id AND q.counted_for = w.id AND q.waits_for = 'concurrency'
    ) AS waiting
FROM atlas.workflows AS w
WHERE w.organization_id = %(organization)s AND w.at_once IS NOT NULL
ORDER BY w.id
