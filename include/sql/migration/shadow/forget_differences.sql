-- Remove the differences of earlier comparisons of some workflows.
DELETE FROM atlas.shadow_differences AS difference
WHERE difference.workflow_id = ANY(%(ids)s::uuid [])
    AND difference.organization_id = ANY(%(organizations)s::uuid [])
