-- How many rows of what a survey of the history found belong to the organizations.
SELECT count(*)
FROM {table} AS surveyed
WHERE (%(organizations)s::text [] IS NULL OR surveyed.organization_id = any(%(organizations)s::uuid []))
