-- Locks one audience asked at one occurrence: whoever continues it waits for who does already.
SELECT r.id
FROM atlas.audience_runs AS r
WHERE r.organization_id = %(organization)s AND r.workflow_id = %(workflow)s AND r.trigger_key = %(trigger)s
    AND r.occurrence = %(occurrence)s
FOR UPDATE
