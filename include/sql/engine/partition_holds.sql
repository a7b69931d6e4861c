-- Whether a partition holds what was migrated, or something of a live execution.
SELECT
    EXISTS (SELECT FROM {partition} AS p WHERE p.source_table IS NOT NULL) AS migrated,
    EXISTS (
        SELECT FROM atlas.execution_states AS s
        INNER JOIN {partition} AS p ON p.{execution} = s.execution_id AND p.organization_id = s.organization_id
        WHERE s.started_at < %(high)s
    ) AS live
