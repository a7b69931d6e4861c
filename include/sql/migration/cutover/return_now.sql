-- Notes from which epoch on events are the old application's again. What was noted before and is not handled yet is owed by those
-- that were on here, unless everything that is under way is cancelled.
UPDATE atlas.execution_owners AS o
SET returned_epoch = CASE WHEN o.workflow_id = any(%(owing)s::uuid []) THEN %(epoch)s::bigint END
WHERE o.organization_id = %(organization)s AND o.workflow_id = any(%(workflows)s::uuid []) AND o.trigger_key = ''
