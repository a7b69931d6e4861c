-- The audit entries of an organization, the latest first, behind a place given.
SELECT a.id, a.at, a.actor, a.action, a.subject_table, a.subject_id, a.reason
FROM atlas.audit_log AS a
WHERE a.organization_id = %(organization)s
    AND (%(subject_table)s::text IS NULL OR a.subject_table = %(subject_table)s::text)
    AND (%(subject_id)s::text IS NULL OR a.subject_id = %(subject_id)s::text)
    AND (%(before)s::bigint IS NULL OR a.id < %(before)s::bigint)
ORDER BY a.id DESC
LIMIT %(limit)s
