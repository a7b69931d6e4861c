-- Which of these kinds of events start workflows of an organization here.
SELECT DISTINCT t.event_type
FROM atlas.listening_triggers AS t
WHERE t.organization_id = %(organization)s AND t.event_type = any(%(types)s)
ORDER BY t.event_type
