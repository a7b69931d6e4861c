-- What became of the effects that were intended or ended since a moment.
SELECT e.effect_key, e.kind, e.status, e.error
FROM atlas.effects AS e
WHERE
    (e.intended_at >= %(since)s OR e.finished_at >= %(since)s)
    AND (%(organizations)s::uuid [] IS NULL OR e.organization_id = ANY(%(organizations)s))
