-- Messages that the engine has not sent to these people, by the reason.
SELECT f.status, coalesce(f.held_reason, f.skip_reason, f.error, '') AS why, count(*) AS times
FROM atlas.effects AS f
WHERE f.subject = any(%(subjects)s) AND f.kind IN ('send_email', 'send_sms', 'send_whatsapp')
    AND f.status IN ('held', 'skipped', 'failed', 'unknown')
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
