-- Takes events that nobody has taken: a fair share of every organization behind the cursor, the oldest first. They are locked
-- until the transaction marks them handled; one that is not committed yet is not seen and comes later.
WITH RECURSIVE found AS (
    (
        SELECT o.organization_id, 1 AS n
        FROM atlas.event_outbox AS o
        WHERE o.handled_at IS NULL AND o.organization_id > %(after)s
        ORDER BY o.organization_id
        LIMIT 1
    )
    UNION ALL
    SELECT following.organization_id, f.n + 1
    FROM found AS f
    CROSS JOIN LATERAL (
        SELECT o.organization_id
        FROM atlas.event_outbox AS o
        WHERE o.handled_at IS NULL AND o.organization_id > f.organization_id
        ORDER BY o.organization_id
        LIMIT 1
    ) AS following
    WHERE f.n < %(limit)s
),
share AS (
    SELECT ceil(%(limit)s::numeric / greatest(count(*), 1))::integer AS size
    FROM found
)
SELECT
    taken.organization_id::text AS organization, taken.event_key AS key, taken.event_type AS type, taken.subject,
    taken.anchor, taken.data::text AS data, taken.occurred_at AS at, taken.owner_epoch AS epoch, taken.caused_by::text AS caused_by,
    taken.depth, taken.told IS NOT NULL AS is_told
FROM found AS f
CROSS JOIN LATERAL (
    SELECT o.*
    FROM atlas.event_outbox AS o
    WHERE o.handled_at IS NULL AND o.organization_id = f.organization_id
        -- Of those that have an order the first alone, also while another worker has it.
        AND (o.order_key IS NULL OR NOT EXISTS (
            SELECT FROM atlas.event_outbox AS before
            WHERE before.organization_id = o.organization_id AND before.order_key = o.order_key AND before.id < o.id
                AND before.handled_at IS NULL
        ))
    ORDER BY o.id
    LIMIT (SELECT s.size FROM share AS s)
    FOR UPDATE SKIP LOCKED
) AS taken
ORDER BY taken.id
LIMIT %(limit)s
