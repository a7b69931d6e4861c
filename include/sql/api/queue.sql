-- What an organization has under way, by what it waits for: ready ones, leased ones, due later, held.
SELECT
    CASE
        WHEN q.waits_for IS NOT NULL THEN 'held'
        WHEN q.leased THEN 'in_hand'
        WHEN q.ready THEN 'ready'
        WHEN q.due_at IS NOT NULL THEN 'due_later'
        ELSE 'waiting'
    END AS state,
    q.waits_for, count(*) AS executions, min(q.due_at) AS first_due_at
FROM atlas.workflow_execution_queue AS q
GROUP BY 1, 2
ORDER BY 1, 2
