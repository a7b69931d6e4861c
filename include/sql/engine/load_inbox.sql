-- What the claimed executions have to be told, in the order in which it came.
SELECT i.organization_id::text, i.execution_id::text, i.id, i.event::text
FROM unnest(%(organizations)s::uuid[], %(executions)s::uuid[]) AS c (organization_id, execution_id)
INNER JOIN atlas.execution_inbox AS i
    ON i.organization_id = c.organization_id AND i.execution_id = c.execution_id
ORDER BY i.id
