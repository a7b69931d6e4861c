-- Who approved a phase run, and why.
SELECT actor, reason
FROM atlas.audit_log
WHERE action = 'approve_phase_run' AND subject_table = 'phase_runs' AND subject_id = %(run_id)s
ORDER BY at DESC
LIMIT 1
