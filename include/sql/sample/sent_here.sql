-- What the engine sent under these keys: of which workflow, about whom, and when the event came that it answers.
SELECT
    f.effect_key AS key, f.organization_id::text AS organization, f.workflow_id::text AS workflow, w.name, w.owner AS executor,
    f.subject,
    (
        SELECT max(o.occurred_at)
        FROM atlas.event_outbox AS o
        WHERE o.organization_id = f.organization_id AND o.subject = f.subject AND o.occurred_at <= f.intended_at
    ) AS event_at
FROM atlas.effects AS f
INNER JOIN atlas.workflows AS w ON f.organization_id = w.organization_id AND f.workflow_id = w.id
WHERE f.effect_key = any(%(keys)s)
