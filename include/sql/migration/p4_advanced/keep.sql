-- Writes down what became of a schedule; one that fires already keeps since when.
INSERT INTO atlas.schedule_activations AS kept (
    organization_id, workflow_id, trigger_key, legacy_id, standing, why, timezone, words, fire_times, phase_run_id, recorded_at
)
VALUES (
    %(organization)s, %(workflow)s, %(trigger)s, %(legacy_id)s, %(standing)s, %(why)s, %(timezone)s, %(words)s,
    %(fire_times)s::jsonb, %(run_id)s, %(at)s
)
ON CONFLICT (organization_id, workflow_id, trigger_key) DO UPDATE
    SET legacy_id = excluded.legacy_id, standing = excluded.standing, why = excluded.why, timezone = excluded.timezone,
        words = excluded.words, fire_times = excluded.fire_times, phase_run_id = excluded.phase_run_id,
        recorded_at = excluded.recorded_at
