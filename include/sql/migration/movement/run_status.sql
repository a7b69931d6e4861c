-- Whether the phase run may go on; somebody may have paused it.
SELECT status FROM atlas.phase_runs WHERE id = %(run_id)s
