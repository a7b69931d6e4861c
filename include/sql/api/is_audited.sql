-- Whether something that belongs to no organization was noted in the audit log.
SELECT EXISTS (
    SELECT FROM atlas.audit_log AS a
    WHERE a.organization_id IS NULL AND a.subject_table = %(subject_table)s AND a.subject_id = %(subject_id)s
        AND a.action = %(action)s
)
