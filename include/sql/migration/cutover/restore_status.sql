-- A workflow that was executed with the old meaning has again the status that its translation gives it.
UPDATE atlas.workflows AS w
SET
    status = CASE WHEN w.awaiting_sign_off THEN o.status_before ELSE coalesce(w.intended_status, o.status_before) END,
    updated_at = w.updated_at
FROM atlas.execution_owners AS o
WHERE
    w.id = %(workflow)s AND o.workflow_id = w.id AND o.organization_id = w.organization_id AND o.trigger_key = ''
    AND o.status_before IS NOT NULL
