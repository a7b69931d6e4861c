-- Workflows born here that a rollback put to rest are on again.
UPDATE atlas.workflows AS w
SET status = w.intended_status, intended_status = NULL, updated_at = w.updated_at
WHERE
    w.source_table IS NULL
    AND w.organization_id = any(%(organizations)s::uuid [])
    AND w.status = 'paused'
    AND w.intended_status = 'active'
    AND NOT w.awaiting_sign_off
