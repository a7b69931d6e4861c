-- Makes held effects whose time has come intended again; whoever takes them asks the send policy anew.
UPDATE atlas.effects AS e
SET status = 'intended'
FROM (
    SELECT h.organization_id, h.effect_key
    FROM atlas.effects AS h
    WHERE h.status = 'held' AND h.held_until <= coalesce(%(now)s, now())
    ORDER BY h.held_until
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS due
WHERE e.organization_id = due.organization_id AND e.effect_key = due.effect_key
