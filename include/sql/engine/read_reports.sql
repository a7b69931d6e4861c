-- What executions that have ended told the steps that waited for them.
SELECT e.execution_id::text, e.report::text
FROM json_to_recordset(%(asked)s) AS x (organization_id uuid, workflow_id uuid, subject text, anchor text)
INNER JOIN atlas.enrolments AS e
    ON e.organization_id = x.organization_id AND e.workflow_id = x.workflow_id AND e.subject = x.subject
    AND e.anchor = x.anchor
WHERE e.report IS NOT NULL
