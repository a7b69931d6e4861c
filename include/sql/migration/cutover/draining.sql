-- Workflows behind a fence whose executions of the old application were not seen to their end yet.
SELECT
    w.source_id,
    o.workflow_id::text AS workflow,
    o.organization_id::text AS organization,
    o.fenced_at
FROM atlas.execution_owners AS o
INNER JOIN atlas.workflows AS w ON w.id = o.workflow_id AND w.organization_id = o.organization_id
WHERE
    o.trigger_key = '' AND o.fenced_at IS NOT NULL AND o.drained_at IS NULL
    AND (%(organizations)s::text [] IS NULL OR o.organization_id::text = any(%(organizations)s::text []))
