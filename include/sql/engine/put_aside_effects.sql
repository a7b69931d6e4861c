-- Holds or skips effects taken in this transaction, and tells their executions. Whose entry of the queue somebody else has
-- locked is intended again: waiting for it while holding the effect would be the wrong order of locks.
WITH aside AS MATERIALIZED (
    SELECT x.*, e.execution_id
    FROM json_to_recordset(%(aside)s) AS x (
        place integer, organization_id uuid, effect_key text, status text, until timestamptz, reason text, event json
    )
    INNER JOIN atlas.effects AS e ON e.organization_id = x.organization_id AND e.effect_key = x.effect_key
),
locked AS MATERIALIZED (
    SELECT q.organization_id, q.execution_id
    FROM atlas.workflow_execution_queue AS q
    WHERE (q.organization_id, q.execution_id) IN (SELECT a.organization_id, a.execution_id FROM aside AS a)
    FOR UPDATE SKIP LOCKED
),
settled AS MATERIALIZED (
    SELECT a.*
    FROM aside AS a
    WHERE (a.organization_id, a.execution_id) IN (SELECT l.organization_id, l.execution_id FROM locked AS l)
        OR NOT EXISTS (
            SELECT FROM atlas.workflow_execution_queue AS q
            WHERE q.organization_id = a.organization_id AND q.execution_id = a.execution_id
        )
),
ledger AS (
    UPDATE atlas.effects AS e
    SET status = coalesce(s.status, 'intended'), dispatches = e.dispatches - 1, lease_until = NULL, dispatched_at = NULL,
        held_until = s.until,
        held_reason = CASE WHEN s.status = 'held' THEN s.reason ELSE e.held_reason END,
        skip_reason = CASE WHEN s.status = 'skipped' THEN s.reason END,
        finished_at = CASE WHEN s.status = 'skipped' THEN coalesce(%(now)s, now()) END
    FROM aside AS a
    LEFT JOIN settled AS s ON s.organization_id = a.organization_id AND s.effect_key = a.effect_key
    WHERE e.organization_id = a.organization_id AND e.effect_key = a.effect_key
),
woken AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = NOT q.leased AND q.waits_for IS NULL,
        again = q.leased OR q.waits_for IS NOT DISTINCT FROM 'workflow_paused'
    FROM (SELECT DISTINCT s.organization_id, s.execution_id FROM settled AS s) AS x
    WHERE q.organization_id = x.organization_id AND q.execution_id = x.execution_id
    RETURNING q.organization_id, q.execution_id
)
INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
SELECT s.organization_id, s.execution_id, s.event
FROM settled AS s
INNER JOIN woken AS w ON w.organization_id = s.organization_id AND w.execution_id = s.execution_id
ORDER BY s.place
