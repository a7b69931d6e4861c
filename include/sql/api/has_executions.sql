-- Whether the organization at hand has this execution.
SELECT EXISTS (SELECT FROM atlas.workflow_executions AS e WHERE e.id = %(id)s)
