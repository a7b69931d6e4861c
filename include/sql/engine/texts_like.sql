-- Other texts that may be the one a provider lists: same kind, number and words, sent or perhaps sent around the same time.
SELECT
    e.status AS status,
    e.answer -> 'result' ->> 'sid' AS sid
FROM atlas.effects AS e
WHERE
    e.organization_id = %(organization)s
    AND e.kind IN ('send_sms', 'send_whatsapp')
    AND e.kind = %(kind)s
    AND e.intended_at >= %(since)s::timestamptz - interval '1 day'
    AND e.effect_key <> %(key)s
    AND e.status IN ('dispatching', 'done', 'unknown')
    AND e.content ->> 'message' = %(message)s
    AND regexp_replace(coalesce(e.content ->> 'to', e.contact ->> 'phone'), '\D', '', 'g') = %(digits)s
