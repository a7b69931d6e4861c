-- Forget what this suite found earlier in the same phase run, so that a repeated check counts once.
DELETE FROM atlas.validation_results
WHERE phase_run_id = %(run_id)s AND suite = %(suite)s
