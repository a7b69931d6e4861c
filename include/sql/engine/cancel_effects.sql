-- Withdraws effects that nobody waits for any more. What is being sent, or may have been, keeps its state; where it comes back
-- unsent it is not sent again.
UPDATE atlas.effects AS e
SET status = CASE WHEN e.status IN ('intended', 'held') THEN 'cancelled' ELSE e.status END,
    given_up = true,
    finished_at = CASE WHEN e.status IN ('intended', 'held') THEN now() ELSE e.finished_at END,
    error = CASE WHEN e.status IN ('intended', 'held') THEN 'Its step was given up before it was sent.' ELSE e.error END
FROM json_to_recordset(%(effects)s) AS x (organization_id uuid, effect_key text)
WHERE e.organization_id = x.organization_id AND e.effect_key = x.effect_key
    AND e.status IN ('intended', 'held', 'dispatching', 'unknown')
