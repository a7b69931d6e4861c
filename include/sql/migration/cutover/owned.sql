-- Workflows of organizations that were taken over from the old application, with what a rollback gives back.
SELECT
    w.id::text AS workflow,
    w.organization_id::text AS organization,
    w.source_id,
    w.owner,
    w.status,
    w.name,
    w.description
FROM atlas.workflows AS w
WHERE
    w.source_table = 'workflows'
    AND w.owner <> 'legacy_app'
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
ORDER BY w.organization_id, w.id
