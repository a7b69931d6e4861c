-- Remove what a survey of the history found about the organizations.
DELETE FROM {table} AS surveyed
WHERE (%(organizations)s::text [] IS NULL OR surveyed.organization_id = any(%(organizations)s::uuid []))
