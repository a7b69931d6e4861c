-- Lets no worker decide about events of these organizations until the transaction ends; always in the same order.
SELECT atlas.hold_decisions(o.organization_id, true)
FROM (
    SELECT g.id AS organization_id, atlas.owners_lock(g.id) AS place
    FROM unnest(%(organizations)s::uuid []) AS g (id)
    ORDER BY place
) AS o
