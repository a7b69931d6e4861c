-- Everybody who entered the workflow by an occurrence, with whether an audience of the workflow found them there.
SELECT
    n.organization_id::text AS organization_id,
    n.subject,
    CASE WHEN count(*) OVER (PARTITION BY n.subject) = 1 THEN 'yes' ELSE 'no' END AS is_there_once,
    CASE
        WHEN EXISTS (
            SELECT FROM atlas.audience_runs AS r
            INNER JOIN atlas.audience_members AS m ON m.organization_id = r.organization_id AND m.run_id = r.id
            WHERE r.organization_id = n.organization_id AND r.workflow_id = n.workflow_id AND r.occurrence = n.anchor
                AND m.subject = n.subject AND m.execution_id = n.execution_id
        ) THEN 'yes'
        ELSE 'no'
    END AS is_found
FROM atlas.enrolments AS n
WHERE n.organization_id = %(organization)s AND n.workflow_id = %(workflow)s AND n.anchor = %(occurrence)s
    -- What a schedule without an audience starts is about nobody.
    AND NOT starts_with(n.subject, 'schedule:')
