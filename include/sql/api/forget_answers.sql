-- Forgets a few answers that were kept long enough, the one of this key among them.
DELETE FROM atlas.api_answers AS a
WHERE a.answered_at < %(before)s
    AND (
        (a.organization_id = %(organization)s AND a.caller = %(caller)s AND a.idempotency_key = %(key)s)
        OR (a.organization_id, a.caller, a.idempotency_key) IN (
            SELECT o.organization_id, o.caller, o.idempotency_key
            FROM atlas.api_answers AS o
            WHERE o.answered_at < %(before)s
            ORDER BY o.answered_at
            LIMIT 20
            FOR UPDATE SKIP LOCKED
        )
    )
