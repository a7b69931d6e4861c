-- Writes down where a batch of locked executions stands: what goes on is parked, what has ended leaves the live tables. Says of
-- each written one whether a place among those at once has become free.
WITH turn AS MATERIALIZED (
    SELECT t.*
    FROM json_to_recordset(%(turns)s) AS t (
        organization_id uuid, execution_id uuid, started_at timestamptz, is_over boolean, due_at timestamptz,
        recorded integer, wake boolean, document json, status text, outcome text, reason text, finished_at timestamptz
    )
),
parked AS (
    UPDATE atlas.workflow_execution_queue AS q
    SET ready = q.again OR t.wake, again = false, leased = false, due_at = t.due_at
    FROM turn AS t
    WHERE NOT t.is_over AND q.organization_id = t.organization_id AND q.execution_id = t.execution_id
),
kept AS (
    UPDATE atlas.execution_states AS s
    SET document = t.document, recorded = t.recorded, begun = true
    FROM turn AS t
    WHERE NOT t.is_over AND s.organization_id = t.organization_id AND s.execution_id = t.execution_id
),
told AS (
    DELETE FROM atlas.execution_inbox AS i
    USING json_to_recordset(%(told)s) AS r (organization_id uuid, execution_id uuid, id bigint)
    WHERE i.organization_id = r.organization_id AND i.execution_id = r.execution_id AND i.id = r.id
),
silenced AS (
    DELETE FROM atlas.execution_inbox AS i
    USING turn AS t
    WHERE t.is_over AND i.organization_id = t.organization_id AND i.execution_id = t.execution_id
),
forgotten AS (
    DELETE FROM atlas.execution_states AS s
    USING turn AS t
    WHERE t.is_over AND s.organization_id = t.organization_id AND s.execution_id = t.execution_id
),
dequeued AS (
    DELETE FROM atlas.workflow_execution_queue AS q
    USING turn AS t
    WHERE t.is_over AND q.organization_id = t.organization_id AND q.execution_id = t.execution_id
    RETURNING q.counted_for
)
UPDATE atlas.workflow_executions AS e
SET status = t.status, outcome = t.outcome, reason = t.reason,
    error = CASE WHEN t.status IN ('failed', 'timeout') THEN t.reason END,
    completed_at = t.finished_at,
    ended_by = CASE WHEN t.is_over THEN pg_current_xact_id()::text::bigint END,
    execution_time_ms = extract(EPOCH FROM t.finished_at - t.started_at) * 1000
FROM turn AS t
WHERE t.status IS NOT NULL AND e.id = t.execution_id AND e.started_at = t.started_at
    AND e.organization_id = t.organization_id
    -- Said once more as a constant, so that the planner looks at the partitions of these days only.
    AND e.started_at = ANY(%(days)s::timestamptz[])
RETURNING EXISTS (SELECT FROM dequeued AS d WHERE d.counted_for IS NOT NULL)
