-- The effects that an execution asked for.
SELECT
    e.effect_key AS key, e.node_id AS node, e.kind, e.status, e.dispatches, e.intended_at, e.lease_until, e.finished_at,
    e.error, e.waits_for
FROM atlas.effects AS e
WHERE e.organization_id = %(organization)s AND e.execution_id = %(execution)s
ORDER BY e.id
