-- Other texts that may be the one a provider lists: same kind, number and words, sent since then, or perhaps sent at any time.
WITH texts AS (
    SELECT e.*
    FROM atlas.effects AS e
    WHERE
        e.organization_id = %(organization)s
        AND e.kind IN ('send_sms', 'send_whatsapp')
        AND e.status = 'done'
        AND e.finished_at >= %(since)s
    UNION ALL
    SELECT e.*
    FROM atlas.effects AS e
    WHERE e.organization_id = %(organization)s AND e.status = 'unknown'
    UNION ALL
    SELECT e.*
    FROM atlas.effects AS e
    WHERE e.organization_id = %(organization)s AND e.status = 'dispatching'
)
SELECT
    t.status AS status,
    t.answer -> 'result' ->> 'sid' AS sid
FROM texts AS t
WHERE
    t.kind = %(kind)s
    AND t.effect_key <> %(key)s
    AND t.content ->> 'message' = %(message)s
    AND regexp_replace(coalesce(t.content ->> 'to', t.contact ->> 'phone'), '\D', '', 'g') = %(digits)s
