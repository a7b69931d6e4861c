-- How many schedules of these organizations fire here because of phase 4.
SELECT count(*)
FROM atlas.schedule_activations AS kept
WHERE kept.organization_id = any(%(organizations)s::uuid []) AND kept.activated_at IS NOT NULL
