-- Keep what one expectation found in this phase run.
INSERT INTO atlas.validation_results (
    id, phase_run_id, suite, expectation, severity, success, status, observed, unexpected_count,
    failing_keys_file, meta
) VALUES (
    %(id)s, %(run_id)s, %(suite)s, %(expectation)s, %(severity)s, %(success)s, %(status)s, %(observed)s,
    %(unexpected_count)s, %(file)s, %(meta)s
)
