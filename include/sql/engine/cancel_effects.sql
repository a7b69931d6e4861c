-- Withdraws effects that nobody waits for any more, unless a worker has taken them.
UPDATE atlas.effects AS e
SET status = 'cancelled', finished_at = now(), error = 'Its step was given up before it was sent.'
FROM json_to_recordset(%(effects)s) AS x (organization_id uuid, effect_key text)
WHERE e.organization_id = x.organization_id AND e.effect_key = x.effect_key AND e.status IN ('intended', 'held')
