-- Notes a change of a flag or cohort in the audit log.
INSERT INTO atlas.audit_log (
    organization_id, actor, action, subject_table, subject_id, before_hash, after_hash, reason
)
VALUES (
    %(organization_id)s, %(actor)s, %(action)s, %(table)s, %(subject)s, %(before)s, %(after)s, %(reason)s
)
