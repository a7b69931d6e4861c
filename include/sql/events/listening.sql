-- Which triggers of workflows that we execute listen for each event, and how their workflows stand to its subject.
SELECT
    e.place, l.workflow_id::text AS workflow, l.workflow_version AS version, l.trigger_key AS trigger,
    a.accepts, n.entered_at,
    n.entered_lately::integer AS entered_lately, s.is_inside
FROM json_to_recordset(%(events)s) AS e (
    place integer, organization_id uuid, types text[], only_values text[], subject text, at timestamptz,
    only_workflow uuid, only_trigger text, epoch bigint
)
CROSS JOIN LATERAL (
    SELECT DISTINCT t.workflow_id, t.workflow_version, t.trigger_key
    FROM (
        SELECT a.workflow_id, a.workflow_version, a.trigger_key
        FROM atlas.listening_triggers AS a
        WHERE a.organization_id = e.organization_id AND a.event_type = ANY(e.types) AND a.only_value = ANY(e.only_values)
        UNION ALL
        SELECT a.workflow_id, a.workflow_version, a.trigger_key
        FROM atlas.listening_triggers AS a
        WHERE e.only_values IS NULL AND a.organization_id = e.organization_id AND a.event_type = ANY(e.types)
    ) AS t
    WHERE e.only_workflow IS NULL OR (t.workflow_id = e.only_workflow AND t.trigger_key = e.only_trigger)
) AS l
CROSS JOIN LATERAL (SELECT atlas.accepts_event(l.workflow_id, e.at, l.trigger_key, e.epoch) AS accepts) AS a
CROSS JOIN LATERAL (
    SELECT max(x.enrolled_at) AS entered_at,
        count(*) FILTER (WHERE x.enrolled_at > coalesce(%(now)s, now()) - interval '1 hour') AS entered_lately
    FROM atlas.enrolments AS x
    WHERE x.organization_id = e.organization_id AND x.workflow_id = l.workflow_id AND x.subject = e.subject
) AS n
-- Not EXISTS among the columns: the planner may read the whole table for that.
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS is_inside
    FROM atlas.execution_states AS y
    WHERE y.organization_id = e.organization_id AND y.subject = e.subject AND y.workflow_id = l.workflow_id
) AS s
WHERE atlas.execution_owner(l.workflow_id, l.trigger_key) IN ('atlas_enhanced', 'atlas_legacy') OR a.accepts = 'owed'
ORDER BY e.place, l.workflow_id, l.trigger_key
