-- What was decided in an organization behind a place given. An entry shows once every transaction that began before its own has
-- ended, so that none comes up behind the place later.
SELECT a.written_by::text AS transaction, a.id, a.at, a.action, a.subject_table, a.subject_id
FROM atlas.audit_log AS a
WHERE a.organization_id = %(organization)s
    AND a.written_by < pg_snapshot_xmin(pg_current_snapshot())
    AND (a.written_by, a.id) > (%(transaction)s::text::xid8, %(id)s::bigint)
ORDER BY a.written_by, a.id
LIMIT %(limit)s
