-- One audience asked at one occurrence.
SELECT
    r.id::text, r.cause, r.asked_at, r.time_zone, r.audience, r.query::text AS query, r.begun_at, r.after_id, r.matched,
    r.started, r.enrolled, r.refused, r.not_again, r.stopped, r.asked_all_at, r.outcomes::text AS outcomes
FROM atlas.audience_runs AS r
WHERE r.organization_id = %(organization)s AND r.workflow_id = %(workflow)s AND r.trigger_key = %(trigger)s
    AND r.occurrence = %(occurrence)s
