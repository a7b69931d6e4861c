-- How much there is to do now: executions that are ready, in somebody's hands or overdue, and effects to perform.
SELECT
    (
        SELECT count(*)
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready OR q.leased OR q.due_at <= now()
    )
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'intended' AND f.waits_for IS NULL)
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'dispatching')
