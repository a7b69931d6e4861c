-- Where the claimed executions stand; an entry of the queue without a state comes back without one.
SELECT
    c.organization_id::text, c.execution_id::text, s.workflow_id::text, s.workflow_version, s.subject, s.started_at,
    s.recorded, s.begun, s.document::text, s.starter::text,
    s.held_at, s.resumed_at
FROM unnest(%(organizations)s::uuid[], %(executions)s::uuid[]) AS c (organization_id, execution_id)
LEFT JOIN atlas.execution_states AS s
    ON s.organization_id = c.organization_id AND s.execution_id = c.execution_id
