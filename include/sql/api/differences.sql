-- What differs between before and after a migration, workflow by workflow, unexplained differences first.
SELECT
    d.workflow_id::text AS workflow, w.name, d.position, d.change, d.node_id AS node, d.field, d.codes, d.times,
    d.before, d.after, d.example
FROM atlas.shadow_differences AS d
LEFT JOIN atlas.workflows AS w ON w.id = d.workflow_id
WHERE d.organization_id = %(organization)s
    AND (%(workflow)s::uuid IS NULL OR d.workflow_id = %(workflow)s::uuid)
    AND (
        %(after_workflow)s::uuid IS NULL
        OR (d.workflow_id, d.position) > (%(after_workflow)s::uuid, %(after_position)s::integer)
    )
ORDER BY d.workflow_id, d.position
LIMIT %(limit)s
