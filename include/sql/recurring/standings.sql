-- How schedules stand when an occasion of theirs comes: executions of other occurrences that are not over, the occurrence that
-- waits its turn, why this very one was passed over, and whether it was started.
SELECT
    a.number,
    ARRAY(
        SELECT s.execution_id::text
        FROM atlas.execution_states AS s
        WHERE s.organization_id = a.organization_id AND s.workflow_id = a.workflow_id
            AND (
                (starts_with(s.subject, 'schedule:') AND s.subject <> a.subject)
                OR EXISTS (
                    SELECT FROM atlas.enrolments AS n
                    INNER JOIN atlas.audience_runs AS r
                        ON r.organization_id = n.organization_id AND r.workflow_id = n.workflow_id AND r.occurrence = n.anchor
                    WHERE n.organization_id = s.organization_id AND n.workflow_id = s.workflow_id
                        AND n.subject = s.subject AND n.execution_id = s.execution_id AND n.anchor <> a.anchor
                )
            )
        ORDER BY s.execution_id
    ) AS under_way,
    b.anchor AS buffered,
    p.why AS passed_over,
    EXISTS (
        SELECT FROM atlas.enrolments AS n
        WHERE n.organization_id = a.organization_id AND n.workflow_id = a.workflow_id
            AND n.subject = a.subject AND n.anchor = a.anchor
    ) OR EXISTS (
        SELECT FROM atlas.audience_runs AS r
        WHERE r.organization_id = a.organization_id AND r.workflow_id = a.workflow_id AND r.trigger_key = a.trigger_key
            AND r.occurrence = a.anchor
    ) AS is_started
FROM json_to_recordset(%(asked)s) AS a (
    number integer, organization_id uuid, workflow_id uuid, trigger_key text, anchor text, subject text
)
LEFT JOIN atlas.recurring_occurrences AS b
    ON b.organization_id = a.organization_id AND b.workflow_id = a.workflow_id AND b.trigger_key = a.trigger_key
    AND b.state = 'buffered'
LEFT JOIN atlas.recurring_occurrences AS p
    ON p.organization_id = a.organization_id AND p.workflow_id = a.workflow_id AND p.trigger_key = a.trigger_key
    AND p.anchor = a.anchor AND p.state = 'passed_over'
ORDER BY a.number
