-- Expectations checked in a phase run, failures first.
SELECT suite, expectation, severity, status, unexpected_count, failing_keys_file
FROM atlas.validation_results
WHERE phase_run_id = %(id)s
ORDER BY status = 'passed', severity, suite, expectation
