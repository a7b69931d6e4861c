-- Bring the stored evidence to what the survey found, without touching rows that say the same already.
INSERT INTO atlas.workflow_evidence AS evidence (
    legacy_id, organization_id, column_type, seen, executions, by_hand, started_by_event, started_recently, failed,
    subjects_recently, last_started_at, events_low, events_high, steps, classes, observed_until
)
SELECT
    legacy_id, organization_id, column_type, seen, executions, by_hand, started_by_event, started_recently, failed,
    subjects_recently, last_started_at, events_low, events_high, steps, classes, observed_until
FROM pg_temp.atlas_surveyed
ON CONFLICT (legacy_id) DO UPDATE
    SET
        organization_id = excluded.organization_id,
        column_type = excluded.column_type,
        seen = excluded.seen,
        executions = excluded.executions,
        by_hand = excluded.by_hand,
        started_by_event = excluded.started_by_event,
        started_recently = excluded.started_recently,
        failed = excluded.failed,
        subjects_recently = excluded.subjects_recently,
        last_started_at = excluded.last_started_at,
        events_low = excluded.events_low,
        events_high = excluded.events_high,
        steps = excluded.steps,
        classes = excluded.classes,
        observed_until = excluded.observed_until
    WHERE evidence.* IS DISTINCT FROM excluded.*
