-- Writes down what came of effects that this worker sent; their executions' entries of the queue are locked and woken. What
-- comes back unsent is not intended again where its step was given up.
WITH finished AS MATERIALIZED (
    SELECT x.*
    FROM json_to_recordset(%(finished)s) AS x (
        place integer, organization_id uuid, effect_key text, dispatches integer, status text, answer json, error text,
        status_given_up text, error_given_up text
    )
),
ledger AS (
    UPDATE atlas.effects AS e
    SET status = CASE WHEN e.given_up THEN f.status_given_up ELSE f.status END,
        error = CASE WHEN e.given_up THEN f.error_given_up ELSE f.error END,
        answer = f.answer, lease_until = NULL,
        waits_for = CASE WHEN f.status IN ('intended', 'unknown') AND NOT e.given_up THEN e.waits_for END,
        finished_at = CASE WHEN f.status <> 'intended' OR e.given_up THEN coalesce(%(now)s, now()) END
    FROM finished AS f
    WHERE e.organization_id = f.organization_id AND e.effect_key = f.effect_key AND e.dispatches = f.dispatches
        AND (e.status = 'dispatching' OR (e.status = 'unknown' AND f.status <> 'unknown'))
    RETURNING e.organization_id, e.execution_id, f.answer, f.place
),
woken AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = NOT q.leased AND q.waits_for IS NULL,
        again = q.leased OR q.waits_for IS NOT DISTINCT FROM 'workflow_paused'
    FROM (
        SELECT DISTINCT l.organization_id, l.execution_id
        FROM ledger AS l
        WHERE l.answer IS NOT NULL
    ) AS x
    WHERE q.organization_id = x.organization_id AND q.execution_id = x.execution_id
    RETURNING q.organization_id, q.execution_id
)
INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
SELECT l.organization_id, l.execution_id, l.answer
FROM ledger AS l
INNER JOIN woken AS w ON w.organization_id = l.organization_id AND w.execution_id = l.execution_id
WHERE l.answer IS NOT NULL
ORDER BY l.place
