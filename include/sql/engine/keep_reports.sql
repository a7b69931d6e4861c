-- Keeps what steps were told that waited for executions which have ended, for when they ask again.
UPDATE atlas.enrolments AS e
SET report = x.report
FROM json_to_recordset(%(reports)s) AS x (organization_id uuid, workflow_id uuid, subject text, anchor text, report json)
WHERE e.organization_id = x.organization_id AND e.workflow_id = x.workflow_id AND e.subject = x.subject
    AND e.anchor = x.anchor
