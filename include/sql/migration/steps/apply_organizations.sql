-- The phase stands for these organizations from now on.
INSERT INTO atlas.organization_phases (organization_id, phase, status, phase_run_id, applied_at)
SELECT given::uuid, %(phase)s, 'applied', %(run_id)s, %(at)s
FROM unnest(%(organizations)s::text[]) AS given
WHERE pg_input_is_valid(given, 'uuid')
ON CONFLICT (organization_id, phase) DO UPDATE
    SET status = 'applied', phase_run_id = excluded.phase_run_id, applied_at = excluded.applied_at
    WHERE organization_phases.status <> 'applied'
