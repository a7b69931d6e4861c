-- Why events that reached a workflow's triggers did not enrol a subject, the last first.
SELECT
    r.trigger_key AS trigger, r.event_type, r.reason, r.explanation, r.leaves::text AS leaves, r.times, r.occurred_at
FROM atlas.enrolment_refusals AS r
WHERE r.organization_id = %(organization)s AND r.workflow_id = %(workflow)s AND r.subject = %(subject)s
ORDER BY r.refused_at DESC
