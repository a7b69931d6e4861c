-- Workflows born here that a rollback put to rest are on again.
UPDATE atlas.workflows AS w
SET status = w.intended_status, intended_status = NULL, updated_at = w.updated_at
WHERE
    w.source_table IS NULL
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
    AND w.status = 'paused'
    AND w.intended_status = 'active'
    AND NOT w.awaiting_sign_off
