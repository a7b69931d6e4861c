-- The last start of a phase that was noted, and how long ago it was by the clock that noted it.
SELECT a.id AS entry, a.subject_id AS dag_run_id, a.actor, a.at, clock_timestamp() - a.at AS age
FROM atlas.audit_log AS a
WHERE a.organization_id IS NULL AND a.subject_table = 'phase_runs' AND a.action = %(action)s
ORDER BY a.id DESC
LIMIT 1
