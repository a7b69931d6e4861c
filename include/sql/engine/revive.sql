-- Puts a failed execution back among the live ones, where it stood just before it failed, and removes its letter. What it
-- waited for there is wanted again, also while the workflow is paused. It waits for a place among those at once, as starts do.
WITH letter AS (
    DELETE FROM atlas.dead_letters AS d
    WHERE d.organization_id = %(organization)s AND d.execution_id = %(execution)s
    RETURNING d.*
),
state AS (
    INSERT INTO atlas.execution_states (
        organization_id, execution_id, started_at, workflow_id, workflow_version, subject, recorded, begun, document,
        starter_id, starter, held_at, resumed_at
    )
    SELECT
        l.organization_id, l.execution_id, l.started_at, l.workflow_id, %(version)s, l.subject, l.recorded, l.begun,
        %(document)s::json, l.starter_id, l.starter, l.failed_at, coalesce(%(now)s, now())
    FROM letter AS l
),
inbox AS (
    INSERT INTO atlas.execution_inbox (organization_id, execution_id, event)
    SELECT l.organization_id, l.execution_id, e.event
    FROM letter AS l
    CROSS JOIN LATERAL json_array_elements(l.untold) WITH ORDINALITY AS e (event, place)
    ORDER BY e.place
),
queued AS (
    INSERT INTO atlas.workflow_execution_queue (
        organization_id, execution_id, priority, ready, again, waits_for, counted_for, admitted
    )
    SELECT
        l.organization_id, l.execution_id, l.priority, NOT %(held)s AND a.admitted, %(held)s,
        CASE WHEN %(held)s THEN 'workflow_paused' WHEN NOT a.admitted THEN 'concurrency' END,
        CASE WHEN w.at_once IS NOT NULL THEN w.id END, a.admitted
    FROM letter AS l
    LEFT JOIN atlas.workflows AS w ON w.id = l.workflow_id AND w.organization_id = l.organization_id
    CROSS JOIN LATERAL (SELECT w.at_once IS NULL OR l.starter IS NOT NULL AS admitted) AS a
),
effects AS (
    UPDATE atlas.effects AS e
    SET waits_for = CASE WHEN %(held)s THEN 'workflow_paused' ELSE e.waits_for END,
        given_up = e.given_up AND e.effect_key <> ALL(%(wanted)s::text[])
    FROM letter AS l
    WHERE e.organization_id = l.organization_id AND e.execution_id = l.execution_id
        AND e.status IN ('intended', 'held', 'dispatching', 'unknown')
)
UPDATE atlas.workflow_executions AS e
SET status = 'running', outcome = NULL, reason = NULL, error = NULL, completed_at = NULL, execution_time_ms = NULL, ended_by = NULL,
    workflow_version = %(version)s
FROM letter AS l
WHERE e.organization_id = l.organization_id AND e.id = l.execution_id AND e.started_at = l.started_at
