-- Who approved a phase run first, and why. Entries of an organization are the application's, which approves none.
SELECT actor, reason
FROM atlas.audit_log
WHERE action = 'approve_phase_run' AND subject_table = 'phase_runs' AND subject_id = %(run_id)s
    AND organization_id IS NULL
ORDER BY at, id
LIMIT 1
