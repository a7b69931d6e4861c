-- Expectations checked in a phase run, failures first, each with the first keys that failed it.
SELECT
    result.suite, result.meta ->> 'batch' AS batch, result.meta ->> 'column' AS "column", result.expectation,
    result.meta ->> 'why' AS why, result.severity, result.status, result.observed, result.meta ->> 'error' AS error,
    result.unexpected_count, result.failing_keys_file, coalesce(first.keys, '[]') AS first_keys
FROM atlas.validation_results AS result
LEFT JOIN LATERAL (
    SELECT
        jsonb_agg(
            jsonb_build_object(
                'table', shown.source_table, 'id', shown.source_id, 'organization_id', shown.organization_id
            )
        ) AS keys
    FROM (
        SELECT failing.source_table, failing.source_id, failing.organization_id
        FROM atlas.validation_failing_keys AS failing
        WHERE failing.result_id = result.id
        ORDER BY failing.source_table, failing.source_id
        LIMIT %(most_keys)s
    ) AS shown
) AS first ON TRUE
WHERE result.phase_run_id = %(id)s
ORDER BY result.status = 'passed', result.severity, result.suite, batch, result.expectation, "column"
