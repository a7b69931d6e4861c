-- How much there is to do now: executions that are ready, in somebody's hands or overdue, and effects to perform.
-- What a paused workflow holds is not counted, due or not: a worker that waits for it would never be done. Of what waits for a
-- place among those at once, what could have one now is counted, once for each workflow.
SELECT
    (
        SELECT count(*)
        FROM atlas.workflow_execution_queue AS q
        WHERE q.ready OR q.leased OR (q.due_at <= now() AND q.waits_for IS DISTINCT FROM 'workflow_paused')
    )
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'intended' AND f.waits_for IS NULL)
    + (SELECT count(*) FROM atlas.effects AS f WHERE f.status = 'dispatching')
    + (
        SELECT count(*)
        FROM (
            SELECT DISTINCT q.organization_id, q.counted_for
            FROM atlas.workflow_execution_queue AS q
            WHERE q.waits_for = 'concurrency'
        ) AS w
        WHERE atlas.places_free(w.organization_id, w.counted_for, 1) > 0
    )
