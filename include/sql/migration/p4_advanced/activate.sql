-- Notes that schedules fire here from now on, and switches their registered rows on; returns those that did not fire before.
WITH begun AS (
    UPDATE atlas.schedule_activations AS kept
    SET activated_at = %(at)s
    FROM unnest(%(workflows)s::uuid [], %(triggers)s::text []) AS given (workflow_id, trigger_key)
    WHERE
        kept.organization_id = %(organization)s AND kept.workflow_id = given.workflow_id
        AND kept.trigger_key = given.trigger_key AND kept.activated_at IS NULL
    RETURNING kept.workflow_id, kept.trigger_key
),

registered AS (
    UPDATE atlas.workflow_schedules AS s
    SET is_active = true, updated_at = s.updated_at
    FROM begun
    INNER JOIN atlas.workflow_triggers AS r ON begun.workflow_id = r.workflow_id AND begun.trigger_key = r.trigger_key
    WHERE
        s.organization_id = %(organization)s AND s.workflow_id = begun.workflow_id
        AND (s.trigger_id = r.id OR s.schedule = r.schedule)
)

SELECT begun.workflow_id::text AS workflow, begun.trigger_key
FROM begun
