-- Takes events off the waiting list of workflows that do not have to be waited for any more.
DELETE FROM atlas.deferred_events AS d
USING atlas.event_outbox AS o
WHERE d.ctid = ANY(ARRAY(
        SELECT x.ctid
        FROM atlas.deferred_events AS x
        INNER JOIN atlas.event_outbox AS y ON y.organization_id = x.organization_id AND y.event_key = x.event_key
        WHERE atlas.accepts_event(x.workflow_id, y.occurred_at, x.trigger_key) IS DISTINCT FROM 'later'
        LIMIT %(limit)s
        FOR UPDATE OF x SKIP LOCKED
    ))
    AND o.organization_id = d.organization_id AND o.event_key = d.event_key
RETURNING
    o.organization_id::text AS organization, o.event_key AS key, o.event_type AS type, o.subject, o.anchor,
    o.data::text AS data, o.occurred_at AS at, d.workflow_id::text AS workflow, d.trigger_key AS trigger
