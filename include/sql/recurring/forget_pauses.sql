-- Forgets pauses of a workflow's DAGs: they go on.
DELETE FROM atlas.recurring_pauses AS p WHERE p.organization_id = %(organization)s AND p.workflow_id = %(workflow)s
