-- A page of a workflow's executions, the newest first, as v1 shows them.
SELECT
    e.id::text AS id, e.organization_id::text AS organization_id, e.workflow_id::text AS workflow_id, e.status, e.triggered_by,
    e.trigger_data::text AS trigger_data, e.input_data::text AS input_data, e.output_data::text AS output_data,
    e.error AS error_message, e.started_at, e.completed_at, e.created_at, e.updated_at
FROM atlas.workflow_executions AS e
WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s
    AND (%(statuses)s::text[] IS NULL OR e.status = ANY(%(statuses)s::text[]))
ORDER BY e.started_at DESC, e.id DESC
LIMIT %(limit)s OFFSET %(skip)s
