-- The effects that an execution asked for; why and until when the send policy holds or skips one, where there is one.
SELECT
    e.effect_key AS key, e.node_id AS node, e.kind, e.status, e.dispatches, e.intended_at, e.lease_until, e.finished_at,
    CASE e.status
        WHEN 'held' THEN r.document ->> 'held_reason'
        WHEN 'skipped' THEN r.document ->> 'skip_reason'
        ELSE e.error
    END AS error,
    e.waits_for, CASE WHEN e.status = 'held' THEN (r.document ->> 'held_until')::timestamptz END AS held_until
FROM atlas.effects AS e
CROSS JOIN LATERAL (SELECT to_jsonb(e) - ARRAY['content', 'contact', 'answer'] AS document) AS r
WHERE e.organization_id = %(organization)s AND e.execution_id = %(execution)s
ORDER BY e.id
