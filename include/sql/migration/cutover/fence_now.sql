-- Moves the fence of workflows that were just switched off to this very instant; events of this epoch on are ours.
UPDATE atlas.execution_owners AS o
SET fenced_at = CASE WHEN o.fenced_at IS NOT NULL THEN clock_timestamp() END, taken_epoch = %(epoch)s, returned_epoch = NULL
WHERE o.organization_id = %(organization)s AND o.workflow_id = any(%(workflows)s::uuid []) AND o.trigger_key = ''
