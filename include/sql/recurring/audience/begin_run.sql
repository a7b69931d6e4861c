-- Notes that an audience is asked at an occurrence, with the query as it is saved now; once.
INSERT INTO atlas.audience_runs (
    organization_id, workflow_id, trigger_key, occurrence, cause, asked_at, time_zone, audience, audience_revision, query
)
VALUES (
    %(organization)s, %(workflow)s, %(trigger)s, %(occurrence)s, %(cause)s, %(at)s, %(time_zone)s, %(audience)s, %(revision)s,
    %(query)s
)
ON CONFLICT DO NOTHING
