-- Takes events off the waiting list of workflows that do not have to be waited for any more.
WITH ready AS MATERIALIZED (
    SELECT w.organization_id, w.workflow_id, w.trigger_key
    FROM (SELECT DISTINCT x.organization_id, x.workflow_id, x.trigger_key FROM atlas.deferred_events AS x) AS w
    WHERE atlas.accepts_event(w.workflow_id, now(), w.trigger_key) IS DISTINCT FROM 'later'
),
taken AS (
    DELETE FROM atlas.deferred_events AS d
    WHERE d.ctid = ANY(ARRAY(
        SELECT x.ctid
        FROM atlas.deferred_events AS x
        INNER JOIN ready AS r
            ON r.organization_id = x.organization_id AND r.workflow_id = x.workflow_id AND r.trigger_key = x.trigger_key
        LIMIT %(limit)s
        FOR UPDATE OF x SKIP LOCKED
    ))
    RETURNING d.organization_id, d.event_key, d.workflow_id, d.trigger_key
)
SELECT
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at, o.owner_epoch AS epoch, o.caused_by::text AS caused_by, o.depth,
    true AS is_told, t.workflow_id::text AS workflow, t.trigger_key AS trigger,
    coalesce(w.published_version, 0) AS version
FROM taken AS t
INNER JOIN atlas.event_outbox AS o ON o.organization_id = t.organization_id AND o.event_key = t.event_key
LEFT JOIN atlas.workflows AS w ON w.id = t.workflow_id
ORDER BY o.id
