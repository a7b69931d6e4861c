-- When the maintenance window of this phase run was announced, if it was. Entries of an organization are the application's.
SELECT at
FROM atlas.audit_log
WHERE action = 'announce_window' AND subject_id = %(run_id)s::text AND organization_id IS NULL
ORDER BY at DESC
LIMIT 1
