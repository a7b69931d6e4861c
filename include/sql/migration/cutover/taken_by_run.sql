-- What a phase run took over: since when, and whose workflows.
SELECT min(o.decided_at) AS since, array_agg(DISTINCT o.organization_id::text ORDER BY o.organization_id::text) AS organizations
FROM atlas.execution_owners AS o
WHERE o.phase_run_id = %(run_id)s AND o.owner <> 'legacy_app'
HAVING count(*) > 0
