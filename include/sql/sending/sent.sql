-- When people were sent marketing messages since a moment, whatever workflow they came from; those being decided about left out.
-- OFFSET 0 keeps the order of the join: by each person's index entries, never through all messages of the organization.
SELECT DISTINCT p.place, sent.kind, sent.effect_key, sent.dispatched_at
FROM json_to_recordset(%(people)s) AS p (place integer, organization_id uuid, subject_id text)
CROSS JOIN LATERAL (
    SELECT e.kind, e.effect_key, e.dispatched_at
    FROM atlas.effects AS e
    WHERE e.organization_id = p.organization_id AND e.subject = p.subject_id AND e.dispatched_at > %(since)s
        AND e.kind IN ('send_email', 'send_sms', 'send_whatsapp', 'make_call')
        AND e.status IN ('dispatching', 'done', 'unknown')
        AND coalesce(e.content ->> 'message_class', 'marketing') <> 'transactional'
        AND NOT e.effect_key = ANY(%(keys)s)
    OFFSET 0
) AS sent
