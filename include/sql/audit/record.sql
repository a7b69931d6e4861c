-- One line of the append-only audit log.
INSERT INTO atlas.audit_log (organization_id, actor, action, subject_table, subject_id, before_hash, after_hash, reason)
VALUES (
    %(organization_id)s, %(actor)s, %(action)s, %(subject_table)s, %(subject_id)s,
    %(before_hash)s, %(after_hash)s, %(reason)s
)
