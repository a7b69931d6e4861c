-- When the maintenance window of this phase run was announced, if it was.
SELECT at
FROM atlas.audit_log
WHERE action = 'announce_window' AND subject_id = %(run_id)s::text
ORDER BY at DESC
LIMIT 1
