-- Forgets schedules that are not there any more: those of these organizations that the run did not see.
DELETE FROM atlas.schedule_activations AS kept
WHERE
    kept.phase_run_id <> %(run_id)s
    AND (%(organizations)s::text [] IS NULL OR kept.organization_id::text = any(%(organizations)s::text []))
