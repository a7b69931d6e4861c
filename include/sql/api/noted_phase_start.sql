-- What was noted of a start of a phase, which belongs to no organization.
SELECT a.action, a.reason
FROM atlas.audit_log AS a
WHERE a.organization_id IS NULL AND a.subject_table = 'phase_runs' AND a.subject_id = %(subject_id)s
ORDER BY a.id
LIMIT 1
