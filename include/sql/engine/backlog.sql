-- How much there is to do now: executions that are ready, in somebody's hands or overdue, and effects to perform.
-- What a paused workflow holds is not counted, due or not: a worker that waits for it would never be done.
SELECT
    (
        SELECT count(*)
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready OR q.leased OR (q.due_at <= now() AND q.waits_for IS DISTINCT FROM 'workflow_paused')
    )
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'intended' AND f.waits_for IS NULL)
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'dispatching')
