-- Saved audience queries of an organization.
SELECT a.name, a.revision, a.query::text AS query, a.saved_by, a.saved_at
FROM atlas.audiences AS a
WHERE a.organization_id = %(organization)s
ORDER BY a.name
