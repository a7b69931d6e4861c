-- When people were sent marketing messages since a moment, whatever workflow they came from; those being decided about left out.
SELECT DISTINCT p.place, e.kind, e.effect_key, e.dispatched_at
FROM json_to_recordset(%(people)s) AS p (place integer, organization_id uuid, subject_id text)
INNER JOIN atlas.effects AS e ON e.organization_id = p.organization_id AND e.subject = p.subject_id
WHERE e.kind IN ('send_email', 'send_sms', 'send_whatsapp', 'make_call') AND e.dispatched_at > %(since)s
    AND e.status IN ('dispatching', 'done', 'unknown')
    AND coalesce(e.content ->> 'message_class', 'marketing') <> 'transactional'
    AND NOT e.effect_key = ANY(%(keys)s)
