-- Nothing that the old application began for these workflows runs any more: events from after the fence are accepted.
UPDATE atlas.execution_owners AS o
SET drained_at = clock_timestamp()
WHERE o.workflow_id = any(%(workflows)s::uuid []) AND o.trigger_key = '' AND o.fenced_at IS NOT NULL AND o.drained_at IS NULL
