-- Takes a limit on starts away.
DELETE FROM atlas.workflow_rate_limits AS r
WHERE r.organization_id = %(organization)s AND r.workflow_id IS NOT DISTINCT FROM %(workflow)s::uuid
    AND r.limit_type = %(limit_type)s
