-- Everybody whom an audience found at an occurrence, with what has to hold of each. Questions asked of each instead of joins: right
-- after the work the tables have no statistics, and a join of them is a loop in a loop.
SELECT
    m.organization_id::text AS organization_id,
    m.subject,
    m.answer,
    CASE WHEN count(*) OVER (PARTITION BY m.subject) = 1 THEN 'yes' ELSE 'no' END AS is_there_once,
    CASE
        WHEN m.answer NOT IN ('started', 'enrolled') OR EXISTS (
            SELECT FROM atlas.enrolments AS n
            WHERE n.organization_id = m.organization_id AND n.workflow_id = %(workflow)s AND n.subject = m.subject
                AND n.execution_id = m.execution_id
        ) THEN 'yes'
        ELSE 'no'
    END AS is_enrolled,
    CASE
        WHEN m.answer <> 'started' OR EXISTS (
            SELECT FROM atlas.workflow_executions AS x
            WHERE x.id = m.execution_id AND x.organization_id = m.organization_id AND x.started_at >= %(since)s
                AND x.subject = m.subject
        ) THEN 'yes'
        ELSE 'no'
    END AS has_its_execution
FROM atlas.audience_members AS m
WHERE m.organization_id = %(organization)s AND m.run_id = %(run)s
