-- Workflows born here that are on: the old application cannot execute them, so a rollback puts them to rest.
SELECT
    w.id::text AS workflow,
    w.organization_id::text AS organization,
    w.name
FROM atlas.workflows AS w
WHERE
    w.source_table IS NULL
    AND w.status = 'active'
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
ORDER BY w.organization_id, w.id
