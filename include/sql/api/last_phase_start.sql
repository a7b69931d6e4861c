-- The last start of a phase that was noted since an instant under another id.
SELECT a.subject_id AS dag_run_id, a.actor, a.at
FROM atlas.audit_log AS a
WHERE a.organization_id IS NULL AND a.subject_table = 'phase_runs' AND a.action = %(action)s
    AND a.subject_id <> %(subject_id)s AND a.at > %(since)s
ORDER BY a.id DESC
LIMIT 1
