-- The limits on starts of an organization and its workflows.
SELECT
    r.workflow_id::text AS workflow, split_part(r.limit_type, '_per_', 2) AS per, r.limit_value,
    r.current_count AS count, r.window_start, r.exceeded_at, r.reset_at
FROM atlas.workflow_rate_limits AS r
WHERE r.organization_id = %(organization)s AND r.is_active
ORDER BY r.workflow_id NULLS FIRST, r.limit_type
