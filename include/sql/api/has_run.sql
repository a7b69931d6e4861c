-- Whether there is such a phase run.
SELECT r.id FROM atlas.phase_runs AS r WHERE r.id = %(run)s
