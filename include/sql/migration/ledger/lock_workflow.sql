-- Whoever signs a workflow waits for whoever else does: each has to see all other signatures to know that theirs is the last.
SELECT id FROM atlas.workflows WHERE id = %(workflow_id)s::uuid FOR NO KEY UPDATE
