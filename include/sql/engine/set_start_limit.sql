-- Sets how many executions may start in a window; what has been counted stays counted.
INSERT INTO atlas.workflow_rate_limits (organization_id, workflow_id, limit_type, limit_value)
VALUES (%(organization)s, %(workflow)s, %(limit_type)s, %(limit)s)
ON CONFLICT (organization_id, workflow_id, limit_type) DO UPDATE
    SET limit_value = excluded.limit_value, is_active = true
