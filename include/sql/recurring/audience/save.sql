-- Saves an audience query: a new one at revision 1, another one only where it still is at the revision that was read.
INSERT INTO atlas.audiences AS a (organization_id, name, query, saved_by)
SELECT %(organization)s::uuid, %(name)s::text, %(query)s::jsonb, %(by)s::text
WHERE %(revision)s::integer IS NULL
    OR EXISTS (SELECT FROM atlas.audiences AS b WHERE b.organization_id = %(organization)s AND b.name = %(name)s)
ON CONFLICT (organization_id, name) DO UPDATE
    SET query = excluded.query, saved_by = excluded.saved_by, saved_at = now(), revision = a.revision + 1
    WHERE a.revision = %(revision)s
RETURNING a.revision
