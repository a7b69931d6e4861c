-- How many executions of an organization fit, counted up to a bound.
SELECT count(*)
FROM (
    SELECT FROM atlas.workflow_executions AS e
    WHERE e.organization_id = %(organization)s
        AND (%(workflow)s::uuid IS NULL OR e.workflow_id = %(workflow)s::uuid)
        AND (%(subject)s::text IS NULL OR e.subject = %(subject)s::text)
        AND (%(outcome)s::text IS NULL OR coalesce(e.outcome, e.status) = %(outcome)s::text)
        AND (%(since)s::timestamptz IS NULL OR e.started_at >= %(since)s::timestamptz)
    LIMIT %(most)s
) AS counted
