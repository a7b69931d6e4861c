-- How many executions the pages of v1's list hold together.
SELECT count(*)
FROM atlas.workflow_executions AS e
WHERE e.organization_id = %(organization)s AND e.workflow_id = %(workflow)s
    AND (%(statuses)s::text[] IS NULL OR e.status = ANY(%(statuses)s::text[]))
