-- Takes over effects whose worker did not come back in time, to decide whether they may be sent again.
UPDATE atlas.effects AS e
SET lease_until = coalesce(%(now)s, now()) + %(lease)s
FROM (
    SELECT s.organization_id, s.effect_key
    FROM atlas.effects AS s
    WHERE s.status = 'dispatching' AND s.lease_until < coalesce(%(now)s, now())
    ORDER BY s.lease_until
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
) AS stale
WHERE e.organization_id = stale.organization_id AND e.effect_key = stale.effect_key
RETURNING
    e.organization_id::text, e.effect_key, e.execution_id::text, e.kind, e.dispatches, e.content::text,
    e.contact::text, e.id, e.subject, e.intended_at
