-- No schedule of these organizations fires here any more because of phase 4.
WITH stopped AS (
    UPDATE atlas.schedule_activations AS kept
    SET activated_at = NULL
    WHERE kept.organization_id = any(%(organizations)s::uuid []) AND kept.activated_at IS NOT NULL
    RETURNING kept.organization_id, kept.workflow_id
)
UPDATE atlas.workflow_schedules AS s
SET is_active = false, updated_at = s.updated_at
FROM stopped
WHERE s.organization_id = stopped.organization_id AND s.workflow_id = stopped.workflow_id AND s.is_active
