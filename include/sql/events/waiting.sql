-- Which live executions want to hear of each event, and under which of its names. What has not begun yet hears of all. Of an
-- event that is handled again nobody hears a second time.
SELECT DISTINCT found.place, found.execution_id::text AS execution, found.name
FROM json_to_recordset(%(events)s) AS e (
    place integer, organization_id uuid, types text[], subject text, only_workflow uuid, is_told boolean
)
CROSS JOIN LATERAL (
    SELECT e.place, s.execution_id, CASE s.event_type WHEN '*' THEN e.types[1] ELSE s.event_type END AS name
    FROM atlas.wait_subscriptions AS s
    WHERE s.organization_id = e.organization_id AND s.event_type = ANY(e.types || '*'::text) AND s.subject = e.subject
    UNION ALL
    SELECT e.place, x.execution_id, t.name
    FROM atlas.execution_states AS x
    CROSS JOIN unnest(e.types) AS t (name)
    WHERE x.organization_id = e.organization_id AND x.subject = e.subject AND NOT x.begun
) AS found
WHERE e.only_workflow IS NULL AND e.is_told IS NOT TRUE
ORDER BY found.place, execution
